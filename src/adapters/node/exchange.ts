// A session beside a request and a response of Node's: opened before the handler, stored just before the headers go out.
// Node's own adapter shares it with those of the frameworks upon it; it knows none of them.
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { SessionReplacedError } from "../../core/errors.ts";
import type { RequestSession, SessionManager } from "../../core/manager.ts";
import type { Awaitable } from "../../core/record/store.ts";
import type { ResponseDuties } from "../../core/session/active-session.ts";
import { whenDone } from "../../core/util/awaitable.ts";
import { failureAnswer, isExpected } from "../node-response/failure-answer.ts";
import { HeldWork, holdResponse, type LeaveHeadOut } from "../node-response/hold-response.ts";
import { applyToNodeResponse } from "../shared/response-headers.ts";
import { detachFromUpgrade } from "./upgrade-request.ts";

/** A request of `node:http`, or one of `node:http2` in its compatible form. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
/** A response of `node:http`, or one of `node:http2` in its compatible form. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** Goes on with the session of a request; at once where the store answers at once. */
export function openThen<Data>(
  manager: SessionManager<Data>,
  cookieHeader: string | undefined,
  proceed: (active: RequestSession<Data>) => void,
  fail: (error: Error) => void,
): void {
  let opened: Awaitable<RequestSession<Data>>;
  try {
    opened = manager.open(cookieHeader);
  } catch (error) {
    fail(error as Error);
    return;
  }
  if (opened instanceof Promise) opened.then(proceed, fail);
  else proceed(opened);
}

/** A session to be stored before its response leaves. */
class SessionWork<Data> extends HeldWork {
  readonly #active: RequestSession<Data>;
  readonly #holder: object;
  readonly #name: string;
  readonly #isSecure: () => boolean;
  readonly #report: (error: unknown) => void;

  constructor(
    active: RequestSession<Data>,
    holder: object,
    name: string,
    isSecure: () => boolean,
    report: (error: unknown) => void,
  ) {
    super();
    this.#active = active;
    this.#holder = holder;
    this.#name = name;
    this.#isSecure = isSecure;
    this.#report = report;
  }

  override atHead(): Awaitable<ResponseDuties> {
    return finish(this.#active, this.#holder, this.#name, this.#isSecure);
  }

  override expectedDuties(): ResponseDuties {
    return this.#active.expectedDuties;
  }

  override afterFailure(): Awaitable<ResponseDuties> {
    return this.#active.failureDuties(this.#isSecure);
  }

  override atEnd(headBegan: boolean): Awaitable<void> {
    return headBegan ? this.#active.finishLate() : undefined;
  }

  override failed(error: unknown): void {
    this.#report(error);
  }
}

/**
 * Stores the session when the app first writes to the response.
 * @param holder The request or context whose property `name` is the session.
 * @param report Called with the error when that has failed and the client has its answer. Default: unexpected errors are
 * printed.
 * @returns A function that leaves that out.
 */
export function storeBeforeHeaders<Data>(
  active: RequestSession<Data>,
  holder: object,
  name: string,
  res: ServerResponse,
  isSecure: () => boolean,
  report: (error: unknown) => void = reportUnexpected,
): LeaveHeadOut {
  detachFromUpgrade(active, res.req);
  return holdResponse(res, new SessionWork(active, holder, name, isSecure, report));
}

/** Stores the session, and sets the headers that tell the browser of it. */
export function storeAndTell<Data>(
  active: RequestSession<Data>,
  holder: object,
  name: string,
  res: ServerResponse,
  isSecure: () => boolean,
): Awaitable<void> {
  return whenDone(finish(active, holder, name, isSecure), (duties) => applyToNodeResponse(res, duties));
}

/**
 * Where the app has set its session to `null`, as other libraries have it, the session ends.
 * @throws SessionReplacedError where something else stands in its place, which would be lost in silence.
 */
function finish<Data>(
  active: RequestSession<Data>,
  holder: object,
  name: string,
  isSecure: () => boolean,
): Awaitable<ResponseDuties> {
  const present: unknown = Reflect.get(holder, name);
  if (present === active.session || isSession(present)) return active.finish(isSecure);
  if (present == null) return active.session.destroy().then(() => active.finish(isSecure));
  throw new SessionReplacedError(name);
}

/** Of another manager, or another library: an app may have several. */
function isSession(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, "regenerate") === "function";
}

/** Answers with the status of the library's own errors, and with 500 to all others, which are printed. */
export function answerError(res: ServerResponse, error: unknown): void {
  reportUnexpected(error);
  if (res.headersSent) {
    res.destroy();
    return;
  }
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  const { status, headers, body } = failureAnswer(error);
  res.writeHead(status, headers as OutgoingHttpHeaders);
  res.end(body);
}

function reportUnexpected(error: unknown): void {
  if (!isExpected(error)) reportError(error);
}

/** Plain Node has no error handler to hand a mistake of the program's to. */
export function reportError(error: unknown): void {
  console.error(error);
}
