// Where the numbers of fault tests go: into the test's output, and, for docs/reliability.md, into a file.
import { appendFileSync } from "node:fs";
import type { TestContext } from "node:test";

/** `npm run test:faults`: longer, more rounds, one after another. Otherwise a quick part of it, in `npm test`. */
export const isFull: boolean = process.env["COATCHECK_FAULTS"] === "full";

type Row = Readonly<Record<string, string | number>>;

/** @param table The table of docs/reliability.md that the row belongs to. */
export function report(t: TestContext, table: string, row: Row): void {
  const words = Object.entries(row).map(([name, value]) => `${name} ${value}`);
  t.diagnostic(`${table}: ${words.join("; ")}`);
  const file = process.env["COATCHECK_FAULTS_REPORT"];
  if (file) appendFileSync(file, `${JSON.stringify({ table, row })}\n`);
}

/** A number for a table: three digits that mean something, and no more. */
export function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
