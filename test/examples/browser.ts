// A browser without scripts, for one site: it keeps cookies, follows redirects and sends the forms of pages.
import { type Form, formsOf, textOf } from "./page.ts";

export interface Page {
  readonly address: string;
  readonly status: number;
  readonly html: string;
  readonly text: string;
  readonly forms: readonly Form[];
  /** All Set-Cookie values since the last call, those of redirects included. */
  readonly setCookies: readonly string[];
}

const MAX_REDIRECTS = 5;
const TIMEOUT = 30_000;

export class Browser {
  readonly cookies: Map<string, string>;
  readonly #site: string;

  constructor(site: string, cookies: ReadonlyMap<string, string> = new Map()) {
    this.#site = site;
    this.cookies = new Map(cookies);
  }

  open(path: string): Promise<Page> {
    return this.#load(new URL(path, this.#site).href, { method: "GET" }, []);
  }

  /** Sends a form as a browser would: the hidden fields, and what the visitor typed. */
  submit(form: Form, typed: Readonly<Record<string, string>> = {}): Promise<Page> {
    const entries = [...form.hidden, ...Object.entries(typed)];
    const body = form.isMultipart ? new FormData() : new URLSearchParams();
    for (const [name, value] of entries) body.append(name, value);
    return this.#load(form.action, { method: form.method, body }, []);
  }

  async #load(address: string, init: RequestInit, before: readonly string[]): Promise<Page> {
    const headers: Record<string, string> = { Accept: "text/html", "Sec-Fetch-Site": "same-origin" };
    if (this.cookies.size > 0)
      headers["Cookie"] = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    if (init.method !== "GET") headers["Origin"] = new URL(this.#site).origin;
    const response = await fetch(address, {
      ...init,
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT),
    });
    const setCookies = [...before, ...response.headers.getSetCookie()];
    for (const cookie of response.headers.getSetCookie()) this.#take(cookie);
    const html = await response.text();
    const location = response.headers.get("location");
    if (location !== null && response.status >= 300 && response.status < 400) {
      if (before.length > MAX_REDIRECTS) throw new Error(`${address} redirects without end`);
      return this.#load(new URL(location, address).href, { method: "GET" }, setCookies);
    }
    return { address, status: response.status, html, text: textOf(html), forms: formsOf(html, address), setCookies };
  }

  #take(setCookie: string): void {
    const [pair = ""] = setCookie.split(";");
    const at = pair.indexOf("=");
    const expires = /;\s*Expires=([^;]+)/i.exec(setCookie)?.[1];
    const isOver = /;\s*Max-Age=0\b/i.test(setCookie) || (expires !== undefined && Date.parse(expires) <= Date.now());
    if (isOver) this.cookies.delete(pair.slice(0, at));
    else this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }
}
