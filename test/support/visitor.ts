// A browser's part without a server: keeps the cookie, and takes requests through a manager.
import type { ResponseDuties } from "../../src/core/active-session.ts";
import type { SessionManager } from "../../src/core/manager.ts";
import type { Session } from "../../src/core/session.ts";

export interface Visitor<Data> {
  /** `name=value`, as the Cookie header says it; `undefined` where there is none. */
  cookie: string | undefined;
  /** The duties of the last response. */
  duties: ResponseDuties;
  /** One request: opens the session, runs the handler, stores, and takes the cookie. */
  request<Result>(handler: (session: Session<Data>) => Result | Promise<Result>): Promise<Result>;
}

export function createVisitor<Data>(manager: SessionManager<Data>, cookie?: string): Visitor<Data> {
  const visitor: Visitor<Data> = {
    cookie,
    duties: { setCookie: undefined, varyOnCookie: false },
    async request(handler) {
      const active = await manager.open(visitor.cookie);
      try {
        const result = await handler(active.session);
        visitor.duties = await active.finish(() => false);
        return result;
      } catch (error) {
        visitor.duties = await active.failureDuties(() => false);
        throw error;
      } finally {
        takeCookie(visitor);
      }
    },
  };
  return visitor;
}

function takeCookie<Data>(visitor: Visitor<Data>): void {
  const { setCookie } = visitor.duties;
  if (setCookie === undefined) return;
  const pair = setCookie.slice(0, setCookie.indexOf(";"));
  visitor.cookie = /Max-Age=0\b/.test(setCookie) ? undefined : pair;
}
