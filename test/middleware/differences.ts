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
    what: /^the app sees "error ERR_STREAM_WRITE_AFTER_END", without sessions "/,
    reason: "The error comes before `finish`, as with any client that reads slowly: the bytes have not left yet.",
  },
  {
    where: { handler: "write after end" },
    what: /^the app sees "late write: ERR_STREAM_WRITE_AFTER_END", without sessions "/,
    reason: "The error comes before `finish`, as with any client that reads slowly: the bytes have not left yet.",
  },
  {
    where: { framework: "HTTP/2", handler: "destroy before the first byte" },
    what: /^a logger sees 200$/,
    reason: "Nothing was written, so nothing was stored and nothing has failed; the client gets no answer either way.",
  },
  ...["end twice, with a text", "write after end"].map(
    (handler): KnownDifference => ({
      where: { handler },
      what: /^a logger sees 200$/,
      reason:
        "pino writes a line at the app's own error after its answer, which comes while the session is still being stored.",
    }),
  ),
  ...["Hono", "fetch"].flatMap((framework): KnownDifference[] => [
    {
      where: { framework },
      what: /^headers: .*nt-type: text\/plain; ?charset=UTF-8.*, without sessions/,
      reason:
        "@hono/node-server adds a content type to a response without one as soon as any code has looked at its headers.",
    },
    {
      where: { framework },
      what: /^headers: .*content-length: \d+.*, without sessions/,
      reason:
        "@hono/node-server tells the length of a stream that has ended before the head goes out: here, while the session is stored.",
    },
    {
      where: { framework, handler: "fetch: a stream that fails midway" },
      what: /^HTTP\/1.1 500 .*, without sessions HTTP\/1.1 200 OK \d+ bytes cut/,
      reason:
        "A stream that fails while the session is still being stored is answered with 500: its head has not been sent.",
    },
  ]),
];

export function knownDifferenceOf(result: Result): KnownDifference | undefined {
  const { difference } = result;
  if (difference === undefined) return undefined;
  return knownDifferences.find(
    ({ where, what }) =>
      what.test(difference) && Object.entries(where).every(([name, value]) => Reflect.get(result, name) === value),
  );
}
