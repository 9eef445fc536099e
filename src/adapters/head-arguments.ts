// The status and headers that an app gives to `writeHead`, set where others can still add to them.
import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from "node:http";

type RawHeaders = OutgoingHttpHeaders | OutgoingHttpHeader[] | [string, string][];

/**
 * Sets the headers among the arguments of `writeHead` on the response, where others can be added. As arguments they would
 * replace headers of the same name.
 */
export function setHeadersOf(res: ServerResponse, args: unknown[]): void {
  const headers = args.at(-1);
  if (typeof args[0] === "number") res.statusCode = args[0];
  if (typeof headers !== "object" || headers === null) return;
  args.pop();
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers as RawHeaders))
      if (value !== undefined) res.setHeader(name, value);
    return;
  }
  const flat = (headers as RawHeaders[]).flat() as unknown as string[];
  for (let i = 0; i < flat.length; i += 2) res.removeHeader(flat[i] as string);
  for (let i = 0; i < flat.length; i += 2) res.appendHeader(flat[i] as string, String(flat[i + 1]));
}
