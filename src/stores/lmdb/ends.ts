// Which sessions ended: a short log in the environment that every process writes to, and reads while someone listens.
// It knows no record.
import { randomBytes } from "node:crypto";
import { createEndListeners } from "../../core/end-listeners.ts";
import type { EndListener } from "../../core/store.ts";
import type { Environment, Write } from "./environment.ts";
import { FIRST } from "./keys.ts";

/** How often other processes' ends are looked for, in ms: a listener hears within a second. */
const POLL_INTERVAL = 250;
/** How long an end stays in the log, in ms. A process that did not run for longer misses it. */
const KEPT = 5 * 60_000;
/** How often a process that ends sessions trims the log, in ms, whether or not anyone sweeps. */
const TRIM_INTERVAL = 60_000;
const TRIM_BATCH = 1_000;

const WRITER_BYTES = 8;
const NUMBER_BYTES = 6;
const ABOVE_ALL_NUMBERS = Buffer.alloc(NUMBER_BYTES + 1, 0xff);

/**
 * Each process numbers its own ends, and its writes are committed in the order in which they were queued. So a reader that
 * remembers the last number of each process misses none, and processes need not agree on a common number.
 */
export class Ends {
  readonly #environment: Environment;
  readonly #self = randomBytes(WRITER_BYTES);
  readonly #listeners = createEndListeners("the LMDB store", () => this.#stopPolling());
  /** The place of the last entry that was read, by the process that wrote it. */
  #read = new Map<string, Buffer>();
  #number = 0;
  #trimAt = Date.now() + TRIM_INTERVAL;
  #timer: NodeJS.Timeout | undefined;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** What adds an end to the log. Its number is its place, so it is queued before the next one is asked for. */
  entry(key: string, movedTo: string | undefined): Write {
    const place = Buffer.concat([this.#self, Buffer.alloc(NUMBER_BYTES)]);
    place.writeUIntBE(++this.#number, WRITER_BYTES, NUMBER_BYTES);
    const value = Buffer.from(JSON.stringify([Date.now(), key, movedTo ?? null]));
    return { table: this.#environment.ends, key: place, value };
  }

  /** Tells the listeners of this process of an end, once it is stored. */
  tell(key: string, movedTo: string | undefined): void {
    this.#listeners.tell(key, movedTo);
    // Nobody waits for it, and the next one tries again.
    if (Date.now() >= this.#trimAt) this.trim().catch(() => {});
  }

  subscribe(listener: EndListener): () => void {
    // What ended before is for those who listened before.
    this.#pollAndTell();
    const unsubscribe = this.#listeners.add(listener);
    this.#timer ??= setInterval(() => this.#pollSafely(), POLL_INTERVAL).unref();
    return unsubscribe;
  }

  /** Drops what every process has read by now. */
  async trim(): Promise<void> {
    const now = Date.now();
    this.#trimAt = now + TRIM_INTERVAL;
    this.#environment.refresh();
    const table = this.#environment.ends;
    for (const writer of [...this.#writers()]) {
      const old: Buffer[] = [];
      for (const { key, value } of table.getRange({ start: writer, end: endOf(writer), limit: TRIM_BATCH })) {
        if (now - (parse(value)?.time ?? 0) <= KEPT) break;
        old.push(key);
      }
      const [first] = old;
      if (first === undefined) continue;
      const writes = old.map((key) => ({ table, key }));
      await this.#environment.write({ table, key: first, version: "any" }, writes);
    }
  }

  #stopPolling(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #pollSafely(): void {
    try {
      this.#pollAndTell();
    } catch {
      // The disk did not answer. What was not read is read the next time.
    }
  }

  /** Reads what the other processes wrote since the last time. */
  #pollAndTell(): void {
    this.#environment.refresh();
    const found: Ended[] = [];
    const read = new Map<string, Buffer>();
    for (const writer of this.#writers()) {
      if (writer.equals(this.#self)) continue;
      const id = writer.toString("hex");
      let last = this.#read.get(id) ?? writer;
      const range = { start: last, end: endOf(writer), exclusiveStart: true };
      for (const { key: place, value } of this.#environment.ends.getRange(range)) {
        last = place;
        const end = parse(value);
        if (end) found.push(end);
      }
      read.set(id, last);
    }
    this.#read = read;
    for (const { key, movedTo } of found) this.tell(key, movedTo);
  }

  /** Those who have entries, found by one look each. */
  *#writers(): Generator<Buffer> {
    let start = FIRST;
    for (;;) {
      const [first] = this.#environment.ends.getKeys({ start, limit: 1 });
      if (first === undefined) return;
      const writer = first.subarray(0, WRITER_BYTES);
      yield writer;
      start = endOf(writer);
    }
  }
}

function endOf(writer: Buffer): Buffer {
  return Buffer.concat([writer, ABOVE_ALL_NUMBERS]);
}

interface Ended {
  readonly time: number;
  readonly key: string;
  readonly movedTo: string | undefined;
}

/** What an entry says; `undefined` when another program wrote it. */
function parse(text: string): Ended | undefined {
  try {
    const [time, key, movedTo]: unknown[] = JSON.parse(text);
    if (typeof time !== "number" || typeof key !== "string") return undefined;
    return { time, key, movedTo: typeof movedTo === "string" ? movedTo : undefined };
  } catch {
    return undefined;
  }
}
