// @hono/node-server makes a request's `Headers` when they are first asked for, and one header needs none of that: as long
// as nobody has asked, the request says what node's own headers say. This only looks where no one is promised to find
// anything, so whatever is not exactly as expected is asked the ordinary way.
import type { IncomingMessage } from "node:http";

/** The Cookie header of a request. */
export function cookieHeaderOf(request: Request): string | null | undefined {
  places ??= findPlaces(request);
  if (places && !(places.headers in request)) {
    const incoming = (request as Request & Record<symbol, IncomingMessage | undefined>)[places.incoming];
    if (incoming) return incoming.headers.cookie;
  }
  return request.headers.get("cookie");
}

interface Places {
  readonly incoming: symbol;
  readonly headers: symbol;
}

/** Where node-server keeps them; known from the first request on. */
let places: Places | undefined;

function findPlaces(request: Request): Places | undefined {
  const symbolOf = (name: string): symbol | undefined =>
    Object.getOwnPropertySymbols(request).find(({ description }) => description === name);
  const incoming = symbolOf("incomingKey");
  if (incoming === undefined) return undefined;
  void request.headers;
  const headers = symbolOf("headersKey");
  return headers && { incoming, headers };
}
