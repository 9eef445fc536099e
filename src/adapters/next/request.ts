// The request that Next.js works on, as `cookies()` and `headers()` of "next/headers" tell it: its Cookie header, whether it
// came by https, and the way for a Set-Cookie out. It knows no session.
import { parseSetCookie } from "cookie";

/** What `await cookies()` gives. */
export interface NextCookies {
  get(name: string): { readonly value: string } | undefined;
  set(name: string, value: string, attributes: object): unknown;
  delete(name: string): unknown;
}

/** What `import("next/headers")` gives. */
export interface NextHeaders {
  cookies(): Promise<NextCookies>;
  headers(): Promise<Headers>;
}

/** One request in Next.js. */
interface NextRequestState {
  readonly cookies: NextCookies;
  readonly headers: Headers;
}

/**
 * The name ends in ".js": Next's package.json has no `exports`, so Node itself, which imports us where we are not bundled,
 * finds the file by its full name alone.
 */
export function importNextHeaders(): Promise<NextHeaders> {
  return import("next/headers.js");
}

export async function currentRequest({ cookies, headers }: NextHeaders): Promise<NextRequestState> {
  // Both at once: where Next renders a page ahead of time, each would hang for good.
  const [cookieStore, headerStore] = await Promise.all([cookies(), headers()]);
  return { cookies: cookieStore, headers: headerStore };
}

/**
 * The Cookie header as of now: what a server action has set counts in the page that Next renders after it. Otherwise
 * the header as it came, where Next would keep only one of several cookies of one name.
 */
export function cookieHeaderNow({ cookies, headers }: NextRequestState, name: string): string | undefined {
  const value = cookies.get(name)?.value;
  if (!value) return undefined;
  const pair = `${name}=${value}`;
  const header = headers.get("cookie");
  return header?.includes(pair) ? header : pair;
}

/**
 * While it renders, Next gives one and the same function for all that would change cookies: it throws. That is seen here
 * before anything is stored, since without its cookie a new session would be lost.
 */
export function canSetCookies({ cookies }: NextRequestState): boolean {
  return (cookies.set as unknown) !== cookies.delete;
}

export function setCookie({ cookies }: NextRequestState, header: string): void {
  const { name, value, ...attributes } = parseSetCookie(header);
  cookies.set(name, value ?? "", attributes);
}

/** Next fills `X-Forwarded-Proto` in by itself where no proxy did, and has no other word for it. */
export function isSecure(headers: Headers, url = ""): boolean {
  const forwarded = headers.get("x-forwarded-proto");
  return forwarded === null ? url.startsWith("https:") : forwarded.split(",")[0]?.trim() === "https";
}

/** Whether what was thrown is Next's way to answer: `redirect()`, `notFound()`, `forbidden()`, `unauthorized()`. */
export function isAnswer(thrown: unknown): boolean {
  const digest: unknown = typeof thrown === "object" && thrown !== null ? Reflect.get(thrown, "digest") : undefined;
  return typeof digest === "string" && /^NEXT_(REDIRECT|HTTP_ERROR_FALLBACK|NOT_FOUND)\b/.test(digest);
}
