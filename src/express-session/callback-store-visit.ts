// A request whose session is in a store written for express-session: the cookie is set in the head, and the session is saved
// before the end.

import type { Awaitable } from "../core/record/store.ts";
import type { ResponseDuties } from "../core/session/active-session.ts";
import { createSessionBy, type Session, type StoredSession } from "./session.ts";
import type { Description } from "./session-fields.ts";
import { isMissing, type Store } from "./store.ts";
import { Visit } from "./visit.ts";

export class CallbackStoreVisit extends Visit<Store, StoredSession> {
  protected override find(id: string): void {
    this.store.get(id, (error, stored) => {
      if (error && !isMissing(error)) this.proceed(error);
      else this.enter(error ? undefined : (stored as StoredSession | undefined));
    });
  }

  protected override resume(stored: StoredSession): Description {
    return this.describe(createSessionBy(this.store, this.req, stored));
  }

  protected override describe(session: Session): Description {
    return { text: describeAsJson(session) };
  }

  override atHead(): ResponseDuties | undefined {
    return this.cookieDuty();
  }

  /** As in express-session, the answer goes out although saving has failed, and the app's error handler hears of it. */
  override atEnd(): Awaitable<void> {
    let isDone = false;
    let resolve: (() => void) | undefined;
    const isDue = this.#settle((error) => {
      if (error) this.failed(error);
      isDone = true;
      resolve?.();
    });
    if (!isDue || isDone) return undefined;
    return new Promise<void>((settled) => {
      resolve = settled;
    });
  }

  /** Does what is due for the session; `false` when that is nothing. */
  #settle(done: (error?: unknown) => void): boolean {
    const { session, sessionID = "" } = this.req;
    const { store } = this;
    const duty = this.duty();
    if (duty === "destroy") store.destroy(sessionID, done);
    else if (duty === "save") session?.save(done);
    else if (duty === "touch" && session && store.touch) store.touch(sessionID, session, done);
    else return false;
    return true;
  }
}

const BEFORE_COOKIE = '{"cookie":';

/** The data without the cookie, as these stores keep it. */
function describeAsJson(session: Session): string {
  const [first, second] = Object.keys(session);
  if (first !== "cookie") return JSON.stringify({ ...session, cookie: undefined });
  // Most visitors without a login have nothing but a cookie.
  if (second === undefined) return "}";
  // Leaving the cookie out beforehand would take a copy of the session.
  const { length } = JSON.stringify(session.cookie);
  return JSON.stringify(session).slice(BEFORE_COOKIE.length + length);
}
