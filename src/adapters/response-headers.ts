// What a session asks of a response, said in headers. It knows no framework.
import type { ResponseDuties } from "../core/active-session.ts";

/** The part of `Headers` that is needed here. */
interface HeaderList {
  get(name: string): string | null;
  set(name: string, value: string): void;
  append(name: string, value: string): void;
}

/**
 * Adds Set-Cookie beside the app's own, and tells caches: `Vary: Cookie` where the session was read,
 * `Cache-Control: no-store` where a cookie is set, unless the app has said otherwise (SECURITY-BAR S30).
 */
export function applyDuties(headers: HeaderList, duties: ResponseDuties): void {
  if (duties.varyOnCookie) {
    const vary = headers.get("Vary");
    if (vary === null) headers.set("Vary", "Cookie");
    else if (!/(^|,)\s*(cookie|\*)\s*(,|$)/i.test(vary)) headers.set("Vary", `${vary}, Cookie`);
  }
  if (duties.setCookie !== undefined) {
    headers.append("Set-Cookie", duties.setCookie);
    if (headers.get("Cache-Control") === null) headers.set("Cache-Control", "no-store");
  }
}

/** The same for a response whose headers may be immutable, as those of `Response.redirect` are. */
export function withDuties(response: Response, duties: ResponseDuties): Response {
  if (!duties.varyOnCookie && duties.setCookie === undefined) return response;
  try {
    applyDuties(response.headers, duties);
    return response;
  } catch {
    const copy = new Response(response.body, response);
    applyDuties(copy.headers, duties);
    return copy;
  }
}
