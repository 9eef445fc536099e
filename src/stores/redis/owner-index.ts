// Each owner's sessions: a sorted set of keys, each with the moment until which it is listed for certain. No record ever
// outlives that moment, so what is past it is dropped without a look at the record, and a touch need not write here.
import { createHash } from "node:crypto";
import { escapePattern, pxat, spell, unspell } from "./codec.ts";
import { LIST, TRIM, UNLIST } from "./scripts.ts";
import { type Server, textOf, textsOf } from "./server.ts";

/** A session is listed for three times its present life: so rarely does a touch have to write to the index first. */
const LIVES_AHEAD = 2;
const MIN_AHEAD = 60_000;
/** How many keys of a server one trim looks at. */
const TRIM_STEP = 1_000;
const MAX_AHEAD = 90 * 86_400_000;

/** A session that has ended, and until when it was listed. */
export interface Ended {
  readonly key: string;
  readonly listedUntil: string;
}

export class OwnerIndex {
  readonly #server: Server;
  readonly #prefix: string;
  /** Of each server of a cluster, where the next trim goes on. */
  readonly #trimmedTo = new Map<string, string>();

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
    const index = this.#keyOf(owner);
    const expires = (await this.#staysUnlessTrimmed(index)) ? "0" : "1";
    const [listedUntil = ""] = await this.#server.run(LIST, index, [
      spell(key),
      pxat(expiresAt + ahead),
      entry,
      expires,
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

  /**
   * Where indexes do not expire: drops what is past its time from some of them, so that each has its turn while the
   * sweeps go on.
   */
  async trim(anyKey: string): Promise<void> {
    if (!(await this.#staysUnlessTrimmed(anyKey))) return;
    const { keyPrefix } = this.#server.commands;
    const pattern = `${escapePattern(`${keyPrefix}${this.#prefix}o:`)}*`;
    for (const node of await this.#server.nodes(anyKey)) {
      const cursor = this.#trimmedTo.get(node.address) ?? "0";
      const answer = await node.send(["SCAN", cursor, "MATCH", pattern, "COUNT", String(TRIM_STEP)]);
      const [next, found]: unknown[] = Array.isArray(answer) ? answer : [];
      this.#trimmedTo.set(node.address, textOf(next) ?? "0");
      const indexes = textsOf(found).map((name) => name.slice(keyPrefix.length));
      await Promise.all(indexes.map((index) => this.#server.run(TRIM, index, [])));
    }
  }

  /** A server that evicts what expires must not find an index before its sessions, so there it has no expiry. */
  async #staysUnlessTrimmed(anyKey: string): Promise<boolean> {
    return (await this.#server.policy(anyKey)).startsWith("volatile-");
  }

  /** By a hash, since an owner is any text of any length. */
  #keyOf(owner: string): string {
    return `${this.#prefix}o:${createHash("sha256").update(spell(owner)).digest("base64url")}`;
  }
}
