// Differences that are known and documented, each with its reason. An entry that no case meets is out of date.
import type { Result } from "./run.ts";

export interface KnownDifference {
  /** Which cases it is about; what is left out is any. */
  readonly where: Partial<Pick<Result, "framework" | "middleware" | "position" | "store" | "handler">>;
  /** What differs, as the report says it. */
  readonly what: RegExp;
  readonly reason: string;
}

export const knownDifferences: readonly KnownDifference[] = [];

export function knownDifferenceOf(result: Result): KnownDifference | undefined {
  const { difference } = result;
  if (difference === undefined) return undefined;
  return knownDifferences.find(
    ({ where, what }) =>
      what.test(difference) && Object.entries(where).every(([name, value]) => Reflect.get(result, name) === value),
  );
}
