// The records, each in a slot of its own, and how one moves to another slot without ever being in two places or none.
// It knows no client and no listener.
import { randomBytes } from "node:crypto";
import { RandomnessError, SessionRecordError } from "../../core/errors.ts";
import type { Change, CommitResult, Replacement, SessionRecord } from "../../core/record/store.ts";
import {
  decode,
  encodePending,
  encodeRecord,
  type Found,
  momentText,
  pxat,
  sizesText,
  spell,
  unspell,
} from "./codec.ts";
import type { Ended, OwnerIndex } from "./owner-index.ts";
import { COMMIT, END, FILL, GIVE_UP, type Script, SETTLE, TAKE, TOUCH } from "./scripts.ts";
import { type Reply, type Server, textOf } from "./server.ts";

const NONE = "-";

/** What came of ending a session. */
export interface Ending {
  /** `ended`, or why it was not: `gone`, `moved`, `waiting` for a session that has not come yet, `foreign`, `conflict`. */
  readonly outcome: string;
  /** Of the session that was ended. */
  readonly owner: string | undefined;
  /** What its owner's index has of it. */
  readonly ended: Ended;
}

export class Records {
  readonly #server: Server;
  readonly #index: OwnerIndex;
  readonly #prefix: string;
  readonly #channel: string;
  readonly #nextTag: () => string = tags();

  /** @param channel Where it is published that a session has ended. */
  constructor(server: Server, index: OwnerIndex, { prefix, channel }: { prefix: string; channel: string }) {
    this.#server = server;
    this.#index = index;
    this.#prefix = prefix;
    this.#channel = channel;
  }

  async load(key: string): Promise<SessionRecord | undefined> {
    const found = await this.#read(key);
    switch (found?.state) {
      case "live":
        return found.record;
      case "moved":
        return found.kept !== undefined && found.kept.expiresAt > Date.now() ? found.kept : undefined;
      case "pending":
        return (await this.#hasArrived(key, found.from)) ? this.load(key) : undefined;
      default:
        return undefined;
    }
  }

  async create(key: string, record: SessionRecord): Promise<boolean> {
    const { owner, expiresAt } = record;
    const listedUntil = owner === undefined ? undefined : await this.#index.list(owner, key, expiresAt, "new");
    return this.#put(key, encodeRecord(record, { tag: this.#nextTag(), listedUntil }), expiresAt);
  }

  async commit(key: string, change: Change): Promise<CommitResult> {
    const expires = momentText(change.expiresAt);
    const version = change.ifVersion === undefined ? "" : String(change.ifVersion);
    const isTouch = change.set.size + change.remove.size === 0;
    const [tag, fields] = isTouch ? ["", []] : [this.#nextTag(), fieldArguments(change)];
    for (let listedUntil = NONE; ; ) {
      const [outcome, owner = ""] = isTouch
        ? await this.#run(TOUCH, key, [expires, version, listedUntil])
        : await this.#run(COMMIT, key, [expires, pxat(change.expiresAt), version, tag, listedUntil, ...fields]);
      if (outcome === "committed" || outcome === "conflict") return outcome;
      if (outcome !== "unlisted") return "gone";
      // The record would outlive what the index vouches for: the index comes first.
      listedUntil = await this.#index.list(unspell(owner), key, change.expiresAt, "longer");
    }
  }

  /** Ends a session, if it is live, and of that version and owner, where one is given. */
  async end(key: string, { ifVersion, owner }: { ifVersion?: number | undefined; owner?: string }): Promise<Ending> {
    const [outcome = "", hadOwner, listedUntil = ""] = await this.#run(END, key, [
      ifVersion === undefined ? "" : String(ifVersion),
      ...ownerArguments(owner),
      this.#channel,
      endMessage(key, undefined),
    ]);
    return { outcome, owner: hadOwner === undefined ? undefined : unspell(hadOwner), ended: { key, listedUntil } };
  }

  /**
   * In five steps, of which the third decides: the new key is made to wait for the old one; it is listed, if the session
   * has an owner; the old record becomes a marker that has the changed record; the new key gets the record; the marker
   * goes. Until the third, only the old key opens the session; from then on only the new one does, since whoever finds it
   * waiting looks at the old one. Whoever finds a later step undone does it.
   */
  async replace(oldKey: string, newKey: string, replacement: Replacement): Promise<"committed" | "gone"> {
    const { owner, expiresAt } = replacement;
    const waiting = encodePending(oldKey);
    await this.#reserve(newKey, waiting, expiresAt);
    // Only now: a listed key that has no record has had its record, or was never stored.
    const listedUntil = owner === undefined ? NONE : await this.#index.list(owner, newKey, expiresAt, "new");
    const args = this.#takeArguments(oldKey, newKey, replacement, listedUntil);
    const [outcome, text, oldOwner, oldListedUntil = ""] = await this.#run(TAKE, oldKey, args);
    if (outcome !== "taken") {
      const [result] = await this.#server.run(GIVE_UP, this.#keyOf(newKey), [waiting]);
      // A client that sent the step again met what came after it the first time.
      if (result === "filled") return "committed";
      if (owner !== undefined) this.#index.unlist(owner, [{ key: newKey, listedUntil }]);
      return "gone";
    }
    // The session is the new key's by now, whatever becomes of the rest.
    await this.#deliver(newKey, oldKey, text ?? "").catch(() => {});
    if (oldOwner !== undefined) this.#index.unlist(unspell(oldOwner), [{ key: oldKey, listedUntil: oldListedUntil }]);
    return "committed";
  }

  #takeArguments(oldKey: string, newKey: string, replacement: Replacement, listedUntil: string): string[] {
    const { owner, createdAt, expiresAt, keepOldUntil } = replacement;
    return [
      spell(newKey),
      keepOldUntil === undefined ? NONE : momentText(keepOldUntil),
      momentText(expiresAt),
      String(createdAt),
      this.#nextTag(),
      listedUntil,
      ...ownerArguments(owner),
      pxat(Math.max(expiresAt, keepOldUntil ?? 0)),
      this.#channel,
      endMessage(oldKey, newKey),
      endMessage(oldKey, undefined),
      ...fieldArguments(replacement),
    ];
  }

  async #reserve(newKey: string, waiting: string, expiresAt: number): Promise<void> {
    if (!(await this.#put(newKey, waiting, expiresAt))) throw new RandomnessError("gave an ID that is already taken");
  }

  /** Stores a text under a key that has none. A client that sends it again finds its own. */
  async #put(key: string, text: string, expiresAt: number): Promise<boolean> {
    const name = this.#keyOf(key);
    for (;;) {
      if ((await this.#server.send(name, ["SET", name, text, "NX", "PXAT", pxat(expiresAt)])) !== null) return true;
      const present = textOf(await this.#server.send(name, ["GET", name]));
      if (present === undefined) continue;
      if (present === text) return true;
      const found = decode(present);
      // A session that has just left makes room as soon as its new key has it, unless its old one is kept.
      if (found.state !== "moved" || found.kept !== undefined || found.text === "") return false;
      await this.#deliver(found.to, key, found.text);
    }
  }

  /** Runs a script on a session, which may be on its way to this key; `waiting` when it has not yet set out. */
  async #run(script: Script, key: string, args: readonly string[]): Promise<Reply> {
    for (;;) {
      const reply = await this.#server.run(script, this.#keyOf(key), args);
      if (reply[0] === "damaged") throw new SessionRecordError("is no record of this library");
      if (reply[0] !== "pending") return reply;
      if (!(await this.#hasArrived(key, unspell(reply[1] ?? "")))) return ["waiting"];
    }
  }

  /** Whether a key that waited for a session waits no more; brings the session there, if it is on its way. */
  async #hasArrived(key: string, from: string): Promise<boolean> {
    const found = await this.#read(from);
    if (found?.state === "live") return false;
    if (found?.state === "moved" && found.to === key && found.text !== "") {
      await this.#deliver(key, from, found.text);
      return true;
    }
    return (await this.#read(key))?.state !== "pending";
  }

  async #deliver(newKey: string, oldKey: string, text: string): Promise<void> {
    await this.#server.run(FILL, this.#keyOf(newKey), [encodePending(oldKey), text]);
    await this.#server.run(SETTLE, this.#keyOf(oldKey), [spell(newKey)]);
  }

  async #read(key: string): Promise<Found | undefined> {
    const name = this.#keyOf(key);
    const text = textOf(await this.#server.send(name, ["GET", name]));
    return text === undefined ? undefined : decode(text);
  }

  #keyOf(key: string): string {
    return `${this.#prefix}s:${spell(key)}`;
  }
}

/** How many fields are set, of each its name, text and sizes, and the names of those that are removed. */
function fieldArguments({ set, remove }: Pick<Change, "set" | "remove">): string[] {
  const args = [String(set.size)];
  for (const field of set) {
    const [name, text] = field.map(spell) as [string, string];
    args.push(name, text, sizesText(name, text));
  }
  for (const name of remove) args.push(spell(name));
  return args;
}

function ownerArguments(owner: string | undefined): [string, string] {
  return owner === undefined ? [NONE, ""] : ["+", spell(owner)];
}

/** What is published; {@link readEnd} reads it. */
function endMessage(key: string, movedTo: string | undefined): string {
  return JSON.stringify(movedTo === undefined ? [key] : [key, movedTo]);
}

/** The key that has ended, and the one under which it goes on; `undefined` for a message of someone else's. */
export function readEnd(message: string): [string, string | undefined] | undefined {
  try {
    const end: unknown = JSON.parse(message);
    const [key, movedTo]: unknown[] = Array.isArray(end) ? end : [];
    if (typeof key !== "string") return undefined;
    return [key, typeof movedTo === "string" ? movedTo : undefined];
  } catch {
    return undefined;
  }
}

/** Names for calls, that no other process has. */
function tags(): () => string {
  let next = randomBytes(6).readUIntBE(0, 6);
  return () => (next++).toString(36);
}
