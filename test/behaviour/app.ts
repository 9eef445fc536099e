// One small app in terms that every framework has, so that one suite can ask all adapters the same.

import type { SessionManager } from "../../src/core/manager.ts";
import type { CsrfOptions } from "../../src/core/request/csrf.ts";
import type { Session } from "../../src/core/session/types.ts";
import type { AnyData } from "../fixtures/manager.ts";

export interface Answer {
  readonly status?: number;
  readonly headers?: readonly (readonly [string, string])[];
  /** Sent whole, or piece by piece. */
  readonly body?: string | AsyncIterable<string>;
  /** Sends the headers before the first piece is there, where the framework has a word for that. */
  readonly flush?: boolean;
}

export type AnySession = Session<AnyData>;

/** What the app does with a request: its path, and its session; and the other one, where the app has two. */
export type Handler = (path: string, session: AnySession, second?: AnySession) => Answer | Promise<Answer>;

export interface RunningApp {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly tls?: TlsFiles | undefined;
  /** HTTP/2 alone; with `tls`. */
  readonly http2?: boolean;
  /** The framework's own setting, by which it believes what a proxy says. */
  readonly trustsProxy?: boolean;
  /** A second manager, for the same requests. */
  readonly second?: SessionManager<AnyData>;
  /** Sets up the adapter's CSRF protection, and before it what parses urlencoded forms. */
  readonly csrf?: CsrfOptions & {
    /** The one path that is not checked. */
    readonly ignoredPath?: string;
  };
}

/** How one adapter serves an app. */
export interface Adapter {
  readonly name: string;
  /**
   * Who answers when the handler throws: an error handler of the app's, whose response is one like any other, or the
   * adapter or server, since the app gives none.
   */
  readonly answersErrors: "app" | "adapter";
  readonly hasHttp2?: boolean;
  /** Whether the framework has a word for sending the headers first: see `Answer.flush`. */
  readonly canFlush?: boolean;
  /** Whether the framework has a setting by which it believes a proxy. */
  readonly canTrustProxy?: boolean;
  serve(sessions: SessionManager<AnyData>, handler: Handler, options: ServeOptions): Promise<RunningApp>;
}

export interface TlsFiles {
  readonly key: Buffer;
  readonly cert: Buffer;
}
