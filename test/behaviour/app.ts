// One small app in terms that every framework has, so that one suite can ask all adapters the same.
import type { SessionManager } from "../../src/core/manager.ts";
import type { Session } from "../../src/core/session.ts";
import type { AnyData } from "../support/manager.ts";

export interface Answer {
  readonly status?: number;
  readonly headers?: readonly (readonly [string, string])[];
  /** Sent whole, or piece by piece. */
  readonly body?: string | AsyncIterable<string>;
}

/** What the app does with a request: its path, and its session. */
export type Handler = (path: string, session: Session<AnyData>) => Answer | Promise<Answer>;

export interface RunningApp {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  close(): Promise<void>;
}

/** How one adapter serves an app. */
export interface Adapter {
  readonly name: string;
  /**
   * Who answers when the handler throws: an error handler of the app's, whose response is one like any other, or the
   * adapter or server, since the app gives none.
   */
  readonly answersErrors: "app" | "adapter";
  serve(sessions: SessionManager<AnyData>, handler: Handler, tls?: TlsFiles): Promise<RunningApp>;
}

export interface TlsFiles {
  readonly key: Buffer;
  readonly cert: Buffer;
}
