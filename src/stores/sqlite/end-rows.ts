// The table of sessions that ended lately, by which processes tell each other. Transactions are serial, so one number
// orders the ends of all processes; the last row stays, because the next number grows from it.
import { randomInt } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { decodeKey } from "./session-rows.ts";

export interface EndedSession {
  readonly key: string;
  readonly movedTo: string | undefined;
}

/** How long a row stays, in ms. A process that did not run for longer misses the end. */
const KEPT = 5 * 60_000;

export class EndRows {
  /** Tells the rows of this connection from those of others. */
  readonly #writer = randomInt(2 ** 47);
  readonly #insert: StatementSync;
  readonly #trim: StatementSync;
  readonly #last: StatementSync;
  readonly #after: StatementSync;
  readonly #dataVersion: StatementSync;

  constructor(database: DatabaseSync) {
    const prepare = (sql: string): StatementSync => database.prepare(sql);
    this.#insert = prepare("INSERT INTO ends (at, writer, key, movedTo) VALUES (?, ?, ?, ?)");
    this.#trim = prepare(
      `DELETE FROM ends WHERE number IN (SELECT number FROM ends ORDER BY number LIMIT ?)
         AND at < ? AND number < (SELECT max(number) FROM ends)`,
    );
    this.#last = prepare("SELECT max(number) AS number FROM ends");
    this.#after = prepare(
      `SELECT number, CAST(key AS BLOB) AS key, CAST(movedTo AS BLOB) AS movedTo, writer = ? AS isOwn
       FROM ends WHERE number > ? ORDER BY number`,
    );
    this.#dataVersion = prepare("PRAGMA data_version");
  }

  add(key: string, movedTo: string | undefined): void {
    this.#insert.run(Date.now(), this.#writer, key, movedTo ?? null);
  }

  /** Drops up to `limit` rows that every process has read by now, and returns how many. */
  trim(limit: number): number {
    return Number(this.#trim.run(limit, Date.now() - KEPT).changes);
  }

  /** The number of the last row. */
  last(): number {
    return Number(this.#last.get()?.["number"] ?? 0);
  }

  /** What other connections added behind a row, and the number of the last row. */
  addedByOthers(after: number): { readonly ended: readonly EndedSession[]; readonly last: number } {
    const rows = this.#after.all(this.#writer, after);
    const ended = rows
      .filter((row) => row["isOwn"] === 0)
      .map((row) => ({
        key: decodeKey(row["key"]),
        movedTo: row["movedTo"] === null ? undefined : decodeKey(row["movedTo"]),
      }));
    return { ended, last: Number(rows.at(-1)?.["number"] ?? after) };
  }

  /** Changes with every commit of another connection. */
  dataVersion(): number {
    return Number(this.#dataVersion.get()?.["data_version"]);
  }
}
