// The session in each place of a Next.js app: server components read, server actions and route handlers write, `proxy.ts` looks.
import type { IncomingMessage } from "node:http";
import type { RequestSession, SessionManager } from "../../core/manager.ts";
import type { Awaitable } from "../../core/record/store.ts";
import type { ResponseDuties } from "../../core/session/active-session.ts";
import type { Session, SessionData } from "../../core/session/types.ts";
import { answerFailure } from "../shared/answer-failure.ts";
import { finishWith } from "../shared/finish-with.ts";
import { type ManagerOrOptions, managerOf } from "../shared/manager-or-options.ts";
import { deferManager } from "./manager.ts";
import { type ReadOnlySession, ReadOnlySessionError, readOnly } from "./read-only.ts";
import {
  canSetCookies,
  cookieHeaderNow,
  currentRequest,
  isAnswer,
  isSecure,
  type NextHeaders,
  setCookie,
} from "./request.ts";

/** A route handler that gets its session after the request; whatever else Next hands over follows. */
export type RouteHandler<Data, Incoming extends Request, Rest extends unknown[]> = (
  request: Incoming,
  session: Session<Data>,
  ...rest: Rest
) => Response | Promise<Response>;

/** What `session()` gives: the session in each place of a Next.js app. */
export interface NextSession<Data = SessionData> {
  /**
   * The manager, for `list`, `revoke`, `revokeAll`, for the console, and for `coatcheck/node` in the Pages Router. Its
   * `onEvent` hears the events of all bundles of the app.
   */
  readonly sessions: SessionManager<Data>;
  /**
   * The session to read: in server components, server actions, and `generateMetadata`. In `proxy.ts` and
   * `getServerSideProps`, hand over the request. Each call reads the store; wrap it in React's `cache` where many components
   * ask.
   * @throws ReadOnlySessionError at a write. StoreUnavailableError.
   * @example
   * export default async function Page() {
   *   const session = await getSession();
   *   return <p>Hello {session.username ?? "stranger"}</p>;
   * }
   */
  getSession(request?: Pick<Request, "headers"> | Pick<IncomingMessage, "headers">): Promise<ReadOnlySession<Data>>;
  /**
   * The session to write, in a server action: `work` changes it, then it is stored and the cookie set. `redirect()` and
   * `notFound()` inside `work` store as well, since they are answers; when `work` throws anything else, nothing is stored.
   * Gives what `work` gives.
   * @throws ReadOnlySessionError where no cookie can be set. SessionGoneError, StoreUnavailableError, SessionValueError.
   * @example
   * async function login(form: FormData) {
   *   "use server";
   *   const username = String(form.get("username"));
   *   await updateSession(async (session) => {
   *     session.username = username;
   *     await session.login(username);
   *   });
   *   redirect("/");
   * }
   */
  updateSession<Result>(work: (session: Session<Data>) => Result | Promise<Result>): Promise<Result>;
  /**
   * Gives a route handler the session, and stores it before the response is handed on. Where the store is out it answers
   * 503; where the session ended meanwhile and what was written could not be stored, 409.
   * @example
   * export const POST = withSession(async (request, session) => {
   *   await session.logout();
   *   return Response.redirect(new URL("/", request.url), 303);
   * });
   */
  withSession<Rest extends unknown[], Incoming extends Request = Request>(
    handler: RouteHandler<Data, Incoming, Rest>,
  ): (request: Incoming, ...rest: Rest) => Promise<Response>;
}

/** @param nextHeaders Gives what `import("next/headers")` does. */
export function createNextSession<Data>(
  sessions: ManagerOrOptions<Data>,
  nextHeaders: () => Promise<NextHeaders>,
): NextSession<Data> {
  const manager = deferManager(() => managerOf(sessions));
  return {
    sessions: manager,

    async getSession(request) {
      // Before the manager is asked: `next build` stops here, and leaves the page to be rendered by request.
      const current = request ? undefined : await currentRequest(await nextHeaders());
      const header = current
        ? cookieHeaderNow(current, manager.cookieName)
        : request && cookieHeaderOf(request.headers);
      const active = await manager.open(header);
      // Reading is activity too: it is stored where that is due.
      active.detach();
      return readOnly(active.session);
    },

    async updateSession(work) {
      const current = await currentRequest(await nextHeaders());
      if (!canSetCookies(current)) throw new ReadOnlySessionError("updateSession()");
      const active = await manager.open(cookieHeaderNow(current, manager.cookieName));
      try {
        return await store(
          () => work(active.session),
          () => finishByCookies(active, nextHeaders),
        );
      } catch (error) {
        if (!isAnswer(error))
          await tellByCookies(
            active.failureDuties(() => isSecure(current.headers)),
            nextHeaders,
          );
        throw error;
      }
    },

    withSession(handler) {
      return async (request, ...rest) => {
        const secure = (): boolean => isSecure(request.headers, request.url);
        let active: RequestSession<Data> | undefined;
        try {
          const opened = await manager.open(request.headers.get("cookie"));
          active = opened;
          // An answer that is thrown has no response to set a header of: Next makes it, from `cookies()`.
          const response = await answerOf(
            () => handler(request, opened.session, ...rest),
            () => finishByCookies(opened, nextHeaders),
          );
          return await finishWith(response, opened, secure);
        } catch (error) {
          return answerFailure(error, active, secure);
        }
      };
    },
  };
}

/** Runs the work, then stores. */
async function store<Result>(work: () => Result | Promise<Result>, finish: () => Promise<void>): Promise<Result> {
  const result = await answerOf(work, finish);
  await finish();
  return result;
}

/** What the work gives. Where it throws an answer of Next's, stores first. */
async function answerOf<Result>(work: () => Result | Promise<Result>, finish: () => Promise<void>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    if (isAnswer(thrown)) await finish();
    throw thrown;
  }
}

async function finishByCookies<Data>(
  active: RequestSession<Data>,
  nextHeaders: () => Promise<NextHeaders>,
): Promise<void> {
  const current = await currentRequest(await nextHeaders());
  await tellByCookies(
    active.finish(() => isSecure(current.headers)),
    nextHeaders,
  );
}

async function tellByCookies(
  duties: Awaitable<ResponseDuties>,
  nextHeaders: () => Promise<NextHeaders>,
): Promise<void> {
  const { setCookie: text } = await duties;
  if (text !== undefined) setCookie(await currentRequest(await nextHeaders()), text);
}

/** `proxy.ts` gets its request from a realm of Next's, so its class is not asked for. */
function cookieHeaderOf(headers: Headers | IncomingMessage["headers"]): string | null | undefined {
  return isFetchHeaders(headers) ? headers.get("cookie") : headers.cookie;
}

function isFetchHeaders(headers: Headers | IncomingMessage["headers"]): headers is Headers {
  return typeof headers["get"] === "function";
}
