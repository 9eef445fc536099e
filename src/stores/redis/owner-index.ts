// Each owner's sessions: a sorted set of keys, each with the moment until which it is listed for certain. No record ever
// outlives that moment, so what is past it is dropped without a look at the record, and a touch need not write here.
import { createHash } from "node:crypto";
import { LIST, UNLIST } from "./scripts.ts";
import type { Server } from "./server.ts";
import { pxat, spell, unspell } from "./texts.ts";

/** A session is listed for three times its present life: so rarely does a touch have to write to the index first. */
const LIVES_AHEAD = 2;
const MIN_AHEAD = 60_000;
const MAX_AHEAD = 90 * 86_400_000;

/** A session that has ended, and until when it was listed. */
export interface Ended {
  readonly key: string;
  readonly listedUntil: string;
}

export class OwnerIndex {
  readonly #server: Server;
  readonly #prefix: string;

  constructor(server: Server, prefix: string) {
    this.#server = server;
    this.#prefix = prefix;
  }

  /**
   * Lists a session, before its record is stored or lives longer.
   * @param entry `"new"` for a record that is about to be made, `"longer"` for one that is there.
   * @returns Until when it is listed, as the record notes it.
   */
  async list(owner: string, key: string, expiresAt: number, entry: "new" | "longer"): Promise<string> {
    const ahead = Math.min(Math.max(LIVES_AHEAD * (expiresAt - Date.now()), MIN_AHEAD), MAX_AHEAD);
    const [listedUntil = ""] = await this.#server.run(LIST, this.#keyOf(owner), [
      spell(key),
      pxat(expiresAt + ahead),
      entry,
    ]);
    return listedUntil;
  }

  /** Drops the entries of sessions that have ended. What is not dropped here is dropped when its time is over. */
  unlist(owner: string, ended: readonly Ended[]): void {
    if (ended.length === 0) return;
    const args = ended.flatMap(({ key, listedUntil }) => [spell(key), listedUntil]);
    this.#server.inBackground(() => this.#server.run(UNLIST, this.#keyOf(owner), args));
  }

  /** The keys of all live sessions of an owner, and of some that are not. */
  async keysOf(owner: string): Promise<string[]> {
    const index = this.#keyOf(owner);
    const keys = await this.#server.send(index, ["ZRANGE", index, "0", "-1"]);
    return Array.isArray(keys) ? keys.map((key) => unspell(String(key))) : [];
  }

  /** By a hash, since an owner is any text of any length. */
  #keyOf(owner: string): string {
    return `${this.#prefix}o:${createHash("sha256").update(spell(owner)).digest("base64url")}`;
  }
}
