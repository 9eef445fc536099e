// A request whose session is in a store of coatcheck's: no byte leaves before the session is stored, and a failure is an
// answer of its own.

import type { Awaitable } from "../core/record/store.ts";
import type { ResponseDuties } from "../core/session/active-session.ts";
import { whenDone } from "../core/util/awaitable.ts";
import type { Baseline } from "./baseline.ts";
import type { CoatcheckStore } from "./coatcheck-store.ts";
import type { Session } from "./session.ts";
import type { Description } from "./session-fields.ts";
import { Visit } from "./visit.ts";

export class CoatcheckStoreVisit extends Visit<CoatcheckStore, Baseline> {
  protected override find(id: string): void {
    let found: Awaitable<Baseline | undefined>;
    try {
      found = this.store.find(id);
    } catch (error) {
      this.proceed(error);
      return;
    }
    // An exception of the app must not become a rejected promise.
    if (found instanceof Promise) found.then((stored) => process.nextTick(() => this.enter(stored)), this.proceed);
    else this.enter(found);
  }

  protected override resume(found: Baseline): Description {
    this.store.resume(this.req, found);
    return found.description;
  }

  protected override describe(session: Session): Description {
    return this.store.describe(session);
  }

  override atHead(): Awaitable<ResponseDuties | undefined> {
    return whenDone(this.#settle(), (result) => (result === "gone" ? undefined : this.cookieDuty()));
  }

  /** A session that was saved before is one that the browser must know. */
  override afterFailure(): ResponseDuties | undefined {
    const { session } = this.req;
    return session && this.store.holds(session) ? this.cookieDuty() : undefined;
  }

  override atEnd(headBegan: boolean): Awaitable<void> {
    return headBegan ? whenDone(this.#settle(), () => undefined) : undefined;
  }

  /** Does what is due. A session that has ended meanwhile stays so, and the response goes out. */
  #settle(): Awaitable<unknown> {
    const { session, sessionID = "" } = this.req;
    const duty = this.duty();
    if (duty === "destroy") return this.store.end(sessionID);
    if (!session || duty === undefined) return undefined;
    if (duty === "touch") return this.store.prolong(sessionID, session);
    const description = this.described(session);
    this.noteSave(session, description);
    return this.store.save(sessionID, session, description);
  }
}
