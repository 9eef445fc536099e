// The IDs behind keys: Flask-Session's records lie under the ID itself, and keys show in events.
// It knows no server.
import type { NewId } from "../core/request/session-id.ts";
import { Recent } from "../core/util/recent.ts";
import { SlotsUnderWay } from "./slots-under-way.ts";

/** How many IDs of stored sessions each half of the memory holds beside those of requests under way. */
const REMEMBERED = 10_000;

export class KnownSids {
  /** Requests hold their IDs themselves, so no number of other cookies can push out one that is in use. */
  readonly #underWay = new SlotsUnderWay<{ readonly sid: string }>();
  readonly #stored = new Recent<string, string>(REMEMBERED);

  /** Knows an ID for as long as this identity is reachable. @returns the identity. */
  hold<Identity extends NewId>(identity: Identity): Identity {
    return this.#underWay.hold(identity, this.#underWay.find(identity.key) ?? { sid: identity.id });
  }

  get(key: string): string | undefined {
    return this.#underWay.find(key)?.sid ?? this.#stored.get(key);
  }

  /** Remembers the ID of a stored session beyond its request. A made-up ID never gets here. */
  remember(key: string, sid: string): void {
    this.#stored.set(key, sid);
  }
}
