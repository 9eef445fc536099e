// A request of Node's, as the CSRF check looks at it.
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { CsrfRequest } from "../../core/request/csrf.ts";
import type { NodeRequest } from "../node/exchange.ts";

export function headersOf(headers: IncomingHttpHeaders): CsrfRequest["headers"] {
  return { get: (name) => headers[name]?.toString() };
}

/** The host that was asked, as the client named it; HTTP/2 has another word for it. */
export function hostOf({ headers }: Pick<IncomingMessage, "headers">): string {
  return headers.host ?? headers[":authority"]?.toString() ?? "";
}

/** No header is asked: whether a proxy is to be believed is not known here. */
export function schemeOf({ socket }: NodeRequest): "http" | "https" {
  return "encrypted" in socket && socket.encrypted === true ? "https" : "http";
}
