// A browser's cookies for tests: kept by domain, path and name, and sent where they belong. Time does not pass in it, and
// Secure is no matter, as in Flask's own test client: what is tested is the app.
import { parseSetCookie } from "cookie";

/** A cookie in the jar. */
export interface JarCookie {
  readonly name: string;
  readonly value: string;
  /** The domain that it was set for, or the host that set it. */
  readonly domain: string;
  /** Only that host gets it, and none below. */
  readonly isHostOnly: boolean;
  readonly path: string;
  /** In seconds. */
  readonly maxAge: number | undefined;
  readonly expires: Date | undefined;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: string | undefined;
  readonly partitioned: boolean;
}

export class CookieJar {
  readonly #cookies = new Map<string, JarCookie>();

  /** What a response to this URL has set, or made the browser forget. */
  take(setCookies: readonly string[], url: URL): void {
    for (const text of setCookies) {
      const { cookie, isForgotten } = read(text, url);
      if (isForgotten) this.#cookies.delete(placeOf(cookie));
      else this.#cookies.set(placeOf(cookie), cookie);
    }
  }

  /** The Cookie header of a request to this URL, the longest paths first (RFC 6265 5.4); `""` for none. */
  headerFor(url: URL): string {
    return [...this.#cookies.values()]
      .filter((cookie) => belongs(cookie, url))
      .sort((a, b) => b.path.length - a.path.length)
      .map(({ name, value }) => `${name}=${value}`)
      .join("; ");
  }

  /** @param domain Default: any. */
  find(name: string, domain?: string): JarCookie | undefined {
    return [...this.#cookies.values()].find(
      (cookie) => cookie.name === name && (domain === undefined || cookie.domain === domain),
    );
  }
}

const placeOf = ({ domain, path, name }: JarCookie): string => `${domain} ${path} ${name}`;

function read(text: string, { hostname, pathname }: URL): { cookie: JarCookie; isForgotten: boolean } {
  const { name, domain, path, maxAge, expires, secure, httpOnly, sameSite, partitioned } = parseSetCookie(text);
  const [pair = ""] = text.split(";");
  const cookie: JarCookie = {
    name,
    // As it was written: it goes back so.
    value: pair.slice(pair.indexOf("=") + 1),
    domain: domain?.replace(/^\./, "") || hostname,
    isHostOnly: !domain,
    path: path?.startsWith("/") ? path : pathname.slice(0, pathname.lastIndexOf("/")) || "/",
    maxAge,
    expires,
    secure: secure === true,
    httpOnly: httpOnly === true,
    sameSite: typeof sameSite === "string" ? sameSite : undefined,
    partitioned: partitioned === true,
  };
  return { cookie, isForgotten: maxAge === 0 || expires?.getTime() === 0 };
}

function belongs({ domain, isHostOnly, path }: JarCookie, { hostname, pathname }: URL): boolean {
  const isHost = hostname === domain || (!isHostOnly && hostname.endsWith(`.${domain}`));
  const isBelow = pathname === path || pathname.startsWith(path.endsWith("/") ? path : `${path}/`);
  return isHost && isBelow;
}
