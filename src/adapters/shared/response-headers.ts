// What a session asks of a response, said in headers: Set-Cookie beside the app's own, and what caches must know,
// unless the app has said it: `Vary: Cookie` where the session was read, `Cache-Control: no-store` where a cookie is set
// (SECURITY-BAR S30). It knows no framework but the two kinds of responses that Node has.
import type { ServerResponse } from "node:http";
import type { ResponseDuties } from "../../core/session/active-session.ts";

/** The value of Vary with Cookie in it. */
export function varyOnCookie(vary: string | undefined): string {
  if (!vary) return "Cookie";
  return /(^|,)\s*(cookie|\*)\s*(,|$)/i.test(vary) ? vary : `${vary}, Cookie`;
}

/** Whether the response gets `Cache-Control: no-store`, where the app has not set that header. */
export function forbidsStoring({ noStore, setCookie }: ResponseDuties): boolean {
  return noStore ?? setCookie !== undefined;
}

function applyToHeaders(headers: Headers, duties: ResponseDuties): void {
  if (duties.varyOnCookie) headers.set("Vary", varyOnCookie(headers.get("Vary") ?? undefined));
  if (duties.setCookie === undefined) return;
  headers.append("Set-Cookie", duties.setCookie);
  if (forbidsStoring(duties) && !headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
}

/** Sets the headers on a response of Node's; a second time changes nothing. */
export function applyToNodeResponse(res: ServerResponse, duties: ResponseDuties): void {
  if (duties.varyOnCookie) res.setHeader("Vary", varyOnCookie(res.getHeader("Vary")?.toString()));
  if (duties.setCookie !== undefined) addCookie(res, duties.setCookie);
  if (forbidsStoring(duties) && !res.hasHeader("Cache-Control")) res.setHeader("Cache-Control", "no-store");
}

/** Beside the cookies that the app sets. Node's `appendHeader` would push it into an array of the app's, for all to get. */
function addCookie(res: ServerResponse, setCookie: string): void {
  const present = res.getHeader("Set-Cookie");
  if (present === undefined) {
    res.setHeader("Set-Cookie", setCookie);
    return;
  }
  const others = [present].flat().map(String);
  if (!others.includes(setCookie)) res.setHeader("Set-Cookie", others.concat(setCookie));
}

/** A network error and a WebSocket's handshake: no constructor makes a response of such a status, so none can be copied. */
export const UNCOPYABLE: ReadonlySet<number> = new Set([0, 101]);

/** The same response where its headers can be changed, or a copy where they can't, as those of `Response.redirect`. */
export function withDuties(response: Response, duties: ResponseDuties): Response {
  if (!duties.varyOnCookie && duties.setCookie === undefined) return response;
  if (UNCOPYABLE.has(response.status)) return response;
  try {
    applyToHeaders(response.headers, duties);
    return response;
  } catch {
    const copy = new Response(response.body, response);
    applyToHeaders(copy.headers, duties);
    return copy;
  }
}
