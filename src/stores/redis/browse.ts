// Pages of everyone's live sessions, and how many they are, by SCAN: one server after another, a bounded number of keys a
// page. A record that can't be read is left out, so that it hides no other.
import { createHash } from "node:crypto";
import { DEFAULT_PAGE } from "../../core/admin/page-size.ts";
import type { BrowseOptions, ListedRecord, ListPage, SessionCount, SessionRecord } from "../../core/record/store.ts";
import { escapePattern, spellPrefix, unspell } from "./codec.ts";
import { isNoRecord } from "./errors.ts";
import type { Records } from "./records.ts";
import { type Server, textOf, textsOf } from "./server.ts";

/** How many keys one SCAN looks at: others wait for about half a millisecond. */
const MAX_STEP = 1_000;
/** How many keys a page looks at before it is given as it is. */
const MAX_LOOKED_AT = 20_000;
/** How many keys a count looks at. */
const SAMPLE = 10_000;
const NOTHING: ListPage = { sessions: [] };
const CURSOR = /^\d{1,20}$/;
const MAX_CURSOR = 2n ** 64n;

/** Where a page ends. */
interface Place {
  /** The server's name, in whose order they are scanned; `"~"` is after them all. */
  readonly node: string;
  /** The server's own cursor. */
  readonly scan: string;
  /** Keys that were found and not given yet: SCAN finds some more than it is asked for, and can't stop between them. */
  readonly keys: readonly string[];
}

const START: Place = { node: "", scan: "0", keys: [] };
const AFTER_ALL = "~";

/** A server of the cluster, with a name that tells no address. */
interface NamedNode {
  readonly name: string;
  send(args: string[]): Promise<unknown>;
}

export class Browsing {
  readonly #server: Server;
  readonly #records: Records;
  /** What the server's keys of sessions begin with. */
  readonly #prefix: string;
  readonly #anyKey: string;

  constructor(server: Server, records: Records, prefix: string) {
    this.#server = server;
    this.#records = records;
    this.#anyKey = prefix;
    this.#prefix = `${server.commands.keyPrefix}${prefix}s:`;
  }

  async page({ limit = DEFAULT_PAGE, cursor, keyPrefix = "" }: BrowseOptions): Promise<ListPage> {
    const from = cursor === undefined ? START : placeOf(cursor);
    if (from === undefined) return NOTHING;
    const { node, scan, keys } = await this.#find(from, limit, keyPrefix);
    const listed = await Promise.all(keys.slice(0, limit).map((key) => this.#listed(key)));
    const left = keys.slice(limit);
    const sessions = listed.flat();
    if (node === AFTER_ALL && left.length === 0) return { sessions };
    return { sessions, next: cursorOf({ node, scan, keys: left }) };
  }

  /** What of a sample of all keys are sessions, times how many keys there are. */
  async count(): Promise<SessionCount> {
    const nodes = await this.#nodes();
    const counts = await Promise.all(nodes.map((node) => this.#countOn(node, Math.ceil(SAMPLE / nodes.length))));
    return { sessions: counts.reduce((total, each) => total + each, 0), isEstimate: true };
  }

  /** Keys of sessions from a place on, each once, and the place after them. */
  async #find(from: Place, limit: number, keyPrefix: string): Promise<Place> {
    const found = new Set(from.keys.filter((key) => key.startsWith(keyPrefix)));
    const nodes = (await this.#nodes()).filter(({ name }) => name >= from.node);
    const pattern = `${escapePattern(this.#prefix + spellPrefix(keyPrefix))}*`;
    let scan = nodes[0]?.name === from.node ? from.scan : "0";
    let [looked, fresh] = [0, 0];
    while (nodes[0] !== undefined && found.size < limit && looked < MAX_LOOKED_AT) {
      const step = stepFor(limit - found.size, looked, fresh);
      const [next, keys] = await scanned(nodes[0], scan, ["MATCH", pattern, "COUNT", String(step)]);
      for (const name of keys) for (const key of keysIn(name.slice(this.#prefix.length))) found.add(key);
      [looked, fresh, scan] = [looked + step, fresh + keys.length, next];
      if (next === "0") nodes.shift();
    }
    return { node: nodes[0]?.name ?? AFTER_ALL, scan, keys: [...found].filter((key) => key.startsWith(keyPrefix)) };
  }

  /** The live session of a key, if there is one that can be read. */
  async #listed(key: string): Promise<ListedRecord[]> {
    let record: SessionRecord | undefined;
    try {
      record = await this.#records.load(key);
    } catch (error) {
      if (!isNoRecord(error)) throw error;
    }
    return record === undefined || record.movedTo !== undefined ? [] : [{ key, record }];
  }

  async #countOn(node: NamedNode, sample: number): Promise<number> {
    let [scan, looked, sessions] = ["0", 0, 0];
    do {
      const [next, keys] = await scanned(node, scan, ["COUNT", String(MAX_STEP)]);
      looked += keys.length;
      sessions += keys.filter((key) => key.startsWith(this.#prefix)).length;
      scan = next;
    } while (scan !== "0" && looked < sample);
    if (scan === "0") return sessions;
    const size = Number(textOf(await node.send(["DBSIZE"])));
    return Math.round((size * sessions) / looked);
  }

  async #nodes(): Promise<NamedNode[]> {
    const nodes = (await this.#server.nodes(this.#anyKey)).map(({ address, send }) => ({
      name: nameOf(address),
      send,
    }));
    return nodes.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** How many keys to look at next: as many as will give what is missing, if they are like those so far. */
function stepFor(missing: number, looked: number, found: number): number {
  if (looked === 0) return Math.min(missing, MAX_STEP);
  const step = found === 0 ? 10 * looked : Math.ceil((missing * looked) / found);
  return Math.min(step, MAX_STEP);
}

async function scanned(node: NamedNode, cursor: string, args: readonly string[]): Promise<[string, string[]]> {
  const answer = await node.send(["SCAN", cursor, ...args]);
  const [next, keys]: unknown[] = Array.isArray(answer) ? answer : [];
  return [textOf(next) ?? "0", textsOf(keys)];
}

/** The key that is spelled so, if one is. */
function keysIn(spelled: string): string[] {
  try {
    return [unspell(spelled)];
  } catch {
    return [];
  }
}

/** Where a server is does not belong into a cursor, which may stand in an address of a page. */
function nameOf(address: string): string {
  return address === "" ? "" : createHash("sha256").update(address).digest("base64url").slice(0, 8);
}

function cursorOf({ node, scan, keys }: Place): string {
  return Buffer.from(JSON.stringify([node, scan, ...keys])).toString("base64url");
}

/** `undefined` for a text that names no place. */
function placeOf(cursor: string): Place | undefined {
  try {
    const texts: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (!Array.isArray(texts) || !texts.every((each) => typeof each === "string")) return undefined;
    const [node, scan, ...keys]: string[] = texts;
    const isPlace = node !== undefined && scan !== undefined && CURSOR.test(scan) && BigInt(scan) < MAX_CURSOR;
    return isPlace ? { node, scan, keys } : undefined;
  } catch {
    return undefined;
  }
}
