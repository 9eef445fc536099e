// Records in an LMDB environment: reading one, and changing one from what it is at that moment.
// It knows nothing of what a change means.
import { decodeRecord, encodeRecord } from "../../core/record.ts";
import type { SessionRecord } from "../../core/store.ts";
import { deadlineIn, writtenBy } from "./deadline.ts";
import type { Environment, Write } from "./environment.ts";
import { indexWrites } from "./indexes.ts";
import { bytesOf, usableBytesOf } from "./keys.ts";

/** What is under a key, as a call finds it. */
export interface Found {
  readonly record: SessionRecord | undefined;
  /** Why what is there is no record; then `record` is `undefined`. */
  readonly damage?: unknown;
}

/** What a call makes of what it found. */
export interface Plan<Answer> {
  readonly answer: Answer;
  /** The record from now on; `null` for none. Left out, it stays as it is. */
  readonly next?: SessionRecord | null;
  /** What is written with it, in the same transaction. */
  readonly also?: readonly Write[];
}

/** What is under a key now or, where there is `written`, what will be there once that is true. */
interface Sight extends Found {
  /** LMDB's version of the entry: a random number, which no other state of it has. `undefined` when there is no entry. */
  readonly version: number | undefined;
  readonly written?: Promise<boolean>;
}

const EMPTY: Sight = { version: undefined, record: undefined };

export class Records {
  readonly #environment: Environment;
  /**
   * What keys will hold when the writes under way are done. A call builds on that and is queued right behind, so that
   * calls on one record share a transaction instead of waiting for each other.
   */
  readonly #underWay = new Map<string, Sight>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** @throws SessionRecordError when what is there is no record. */
  read(key: string): SessionRecord | undefined {
    const bytes = bytesOf(key);
    if (bytes === undefined) return undefined;
    this.#environment.refresh();
    const text = this.#environment.records.get(bytes);
    return text === undefined ? undefined : decodeRecord(text);
  }

  /**
   * Plans what becomes of a record, and writes it if the record is still what the plan was made for; otherwise plans
   * again. The first plan is made, and queued to be written, before this returns.
   *
   * @param timeout In ms.
   * @throws what the plan throws; an Error when time is up.
   */
  async change<Answer>(key: string, timeout: number, plan: (found: Found) => Plan<Answer>): Promise<Answer> {
    const deadline = deadlineIn(timeout);
    do {
      const sight = this.#underWay.get(key) ?? this.#see(key);
      const { answer, next, also = [] } = plan(sight);
      if (next !== undefined) {
        if (await writtenBy(deadline, this.#write(key, sight, next ?? undefined, also))) return answer;
      } else if (sight.written === undefined) {
        return answer;
      } else {
        // What is answered must not stand on a write that may fail.
        await writtenBy(deadline, sight.written.catch(nothing));
      }
    } while (performance.now() < deadline);
    throw new Error("others changed the record on every try");
  }

  /** What adds a record under a key that no record ever had. */
  additions(key: string, record: SessionRecord): Write[] {
    const bytes = usableBytesOf(key);
    const added = { table: this.#environment.records, key: bytes, value: encode(record), version: newVersion() };
    return [added, ...indexWrites(this.#environment, bytes, undefined, record)];
  }

  #see(key: string): Sight {
    const bytes = bytesOf(key);
    if (bytes === undefined) return EMPTY;
    this.#environment.refresh();
    const entry = this.#environment.records.getEntry(bytes);
    if (entry === undefined) return EMPTY;
    try {
      return { version: entry.version, record: decodeRecord(entry.value) };
    } catch (damage) {
      return { version: entry.version, record: undefined, damage };
    }
  }

  #write(key: string, before: Sight, record: SessionRecord | undefined, also: readonly Write[]): Promise<boolean> {
    const bytes = usableBytesOf(key);
    const table = this.#environment.records;
    const version = record && newVersion();
    const entry = record && version ? { table, key: bytes, value: encode(record), version } : { table, key: bytes };
    const writes = [entry, ...indexWrites(this.#environment, bytes, before.record, record), ...also];
    const condition = { table, key: bytes, version: before.version ?? ("none" as const) };
    const written = this.#environment.write(condition, writes).finally(() => {
      if (this.#underWay.get(key) === sight) this.#underWay.delete(key);
    });
    const sight: Sight = { version, record, written };
    this.#underWay.set(key, sight);
    return written;
  }
}

function encode(record: SessionRecord): Buffer {
  return Buffer.from(encodeRecord(record));
}

function newVersion(): number {
  return 1 + Math.random();
}

function nothing(): void {}
