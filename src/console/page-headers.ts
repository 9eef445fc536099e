// The headers of every response of the pages: what a browser may load, show and tell of them. It knows no page.

/** No inline script or style, nothing from another host, no frame. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** A chart's own styles, and nothing else: no script, no other address. */
const CHART_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/** Strict-Transport-Security is for the site to say. */
const HEADERS: Readonly<Record<string, string>> = {
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Origin-Agent-Cluster": "?1",
  // A form must be able to say from where it comes, and nothing else learns of owners in addresses.
  "Referrer-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "X-DNS-Prefetch-Control": "off",
  "X-Download-Options": "noopen",
  "X-Frame-Options": "DENY",
  "X-Permitted-Cross-Domain-Policies": "none",
  "X-XSS-Protection": "0",
};

/** @param path Below the base path. */
export function withPageHeaders(method: string, path: string, response: Response): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  headers.set("Content-Security-Policy", path.startsWith("/charts/") ? CHART_POLICY : PAGE_POLICY);
  if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
  headers.append("Vary", "Accept-Language");
  return new Response(method === "HEAD" ? null : response.body, { status: response.status, headers });
}
