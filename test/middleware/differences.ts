// Differences that are known and documented, each with its reason. An entry that no case meets is out of date.
import type { Result } from "./run.ts";

export interface KnownDifference {
  /** Which cases it is about; what is left out is any. */
  readonly where: Partial<Pick<Result, "framework" | "middleware" | "position" | "store" | "handler">>;
  /** What differs, as the report says it. */
  readonly what: RegExp;
  readonly reason: string;
}

export const knownDifferences: readonly KnownDifference[] = [
  {
    where: { handler: "end twice, with a text" },
    what: /^the app sees "error ERR_STREAM_WRITE_AFTER_END", without sessions "finish/,
    reason: "The error comes before `finish`, as with any client that reads slowly: the bytes have not left yet.",
  },
  {
    where: { handler: "write after end" },
    what: /^the app sees "late write: ERR_STREAM_WRITE_AFTER_END", without sessions "finish/,
    reason: "The error comes before `finish`, as with any client that reads slowly: the bytes have not left yet.",
  },
  {
    where: { framework: "HTTP/2", handler: "destroy before the first byte" },
    what: /^a logger sees 200$/,
    reason: "Nothing was written, so nothing was stored and nothing has failed; the client gets no answer either way.",
  },
];

export function knownDifferenceOf(result: Result): KnownDifference | undefined {
  const { difference } = result;
  if (difference === undefined) return undefined;
  return knownDifferences.find(
    ({ where, what }) =>
      what.test(difference) && Object.entries(where).every(([name, value]) => Reflect.get(result, name) === value),
  );
}
