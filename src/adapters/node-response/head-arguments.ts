// The headers that an app gives to `writeHead`, set where others can still add to them.
import type { OutgoingHttpHeader, ServerResponse } from "node:http";

type Entry = [name: string, value: OutgoingHttpHeader];

/**
 * Sets the headers among the arguments of `writeHead` on the response, and takes them out of the arguments:
 * given to node with the call, they would replace those of the same name that were added since.
 * @throws TypeError where node's own method would.
 */
export function setHeadersOf(res: ServerResponse, args: unknown[]): void {
  const place = args.findIndex((argument) => typeof argument === "object" && argument !== null);
  if (place < 0) return;
  const [headers] = args.splice(place, 1);
  const named = new Set<string>();
  for (const [name, value] of entriesOf(headers as object)) {
    const lowerCase = String(name).toLowerCase();
    // A name that is given twice is two headers; one that was set before is replaced. The app keeps its own arrays.
    if (named.has(lowerCase)) res.appendHeader(name, value as string | string[]);
    else res.setHeader(name, Array.isArray(value) ? [...value] : value);
    named.add(lowerCase);
  }
}

/** Of an object, of a list of pairs, or of a list in which names and values take turns. */
function entriesOf(headers: object): Entry[] {
  if (!Array.isArray(headers)) return Object.entries(headers);
  if (headers.every((entry) => Array.isArray(entry))) return headers as Entry[];
  if (headers.length % 2 !== 0) {
    const error = new TypeError("The list of headers given to writeHead has a name without a value.");
    throw Object.assign(error, { code: "ERR_INVALID_ARG_VALUE" });
  }
  return Array.from({ length: headers.length / 2 }, (_, i) => [headers[2 * i], headers[2 * i + 1]] as Entry);
}
