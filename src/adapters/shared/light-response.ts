// @hono/node-server answers faster from a response whose body is text and whose headers are a plain object: it then
// makes no `Headers`. This adds a header to such a response without losing that. It only looks where no one is promised
// to find anything, so whatever is not exactly as expected is left to the ordinary way.
import { varyOnCookie } from "./response-headers.ts";

/** What node-server keeps of a response that was made from text. */
type Kept = readonly [status: number, body: string, headers: Readonly<Record<string, string>> | undefined];

/** What node-server takes a text without headers for, and what every other one of its kind gets. Nobody writes to it. */
const TEXT = { headers: { "Content-Type": "text/plain; charset=UTF-8", Vary: "Cookie" } };

/** The same response with `Vary: Cookie`; `undefined` when it is not of that kind. */
export function lightResponseWithVary(response: Response): Response | undefined {
  const kept = keptOf(response);
  if (!kept) return undefined;
  const [status, body, headers] = kept;
  if (headers === undefined && status === 200) return new Response(body, TEXT);
  return new Response(body, { status, headers: headers ? withVary(headers) : TEXT.headers });
}

/** Whether node-server says that the response was made from text. */
export function isText(response: Response): boolean {
  return keptOf(response) !== undefined;
}

function withVary(headers: Readonly<Record<string, string>>): Record<string, string> {
  const copy: Record<string, string> = {};
  let vary: string | undefined;
  for (const name in headers) {
    if (name.length === 4 && name.toLowerCase() === "vary") vary = headers[name];
    else copy[name] = headers[name] as string;
  }
  copy["Vary"] = varyOnCookie(vary);
  return copy;
}

/** Where node-server keeps it; known from the first response on. */
let place: symbol | undefined;

function keptOf(response: Response): Kept | undefined {
  place ??= Object.getOwnPropertySymbols(response).find(({ description }) => description === "cache");
  const kept = place && (response as Response & Record<symbol, unknown>)[place];
  if (!Array.isArray(kept) || kept.length !== 3) return undefined;
  const [status, body, headers] = kept as unknown[];
  const isPlain = headers === undefined || Object.getPrototypeOf(headers) === Object.prototype;
  return typeof status === "number" && typeof body === "string" && isPlain ? (kept as unknown as Kept) : undefined;
}
