// A browser's part over real HTTP, without a script: it keeps the cookie, and sends a page's forms as a browser does.
import assert from "node:assert/strict";

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Visit {
  /** The Cookie header of the next request. */
  cookie: string;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** Sends fields as a form of a page of the same site. */
  post(path: string, fields: Fields, headers?: Record<string, string>): Promise<Answer>;
  /**
   * Opens a page, finds the form that goes to an address with this beginning, and sends its hidden fields with more; where
   * a question comes back, answers yes. Answers the page at the end of it.
   */
  submit(page: string, action: string, fields: Fields): Promise<Answer>;
  /** Logs in at the program. */
  logIn(name: string, userAgent?: string, address?: string): Promise<Visit>;
}

export type Fields = Readonly<Record<string, string | readonly string[]>>;

export function visit(url: string): Visit {
  async function send(path: string, init: RequestInit): Promise<Answer> {
    const headers = new Headers(init.headers);
    if (visitor.cookie) headers.set("cookie", visitor.cookie);
    const response = await fetch(url + path, { ...init, headers, redirect: "manual" });
    for (const setCookie of response.headers.getSetCookie()) takeCookie(setCookie);
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  function takeCookie(setCookie: string): void {
    const pair = setCookie.split(";", 1)[0] ?? "";
    visitor.cookie = /Max-Age=0/i.test(setCookie) ? "" : pair;
  }

  async function follow(answer: Answer): Promise<Answer> {
    const location = answer.headers.get("location");
    if (answer.status === 200 && answer.text.includes('name="confirmed"')) {
      const { action, fields } = formOf(answer.text, "");
      return follow(await visitor.post(action, fields));
    }
    return answer.status === 303 && location !== null ? visitor.get(location) : answer;
  }

  const visitor: Visit = {
    cookie: "",
    get: (path, headers = {}) => send(path, { headers }),
    post: (path, fields, headers = {}) =>
      send(path, {
        method: "POST",
        body: bodyOf(fields),
        headers: { origin: url, "sec-fetch-site": "same-origin", ...headers },
      }),
    async submit(page, action, fields) {
      const form = formOf((await visitor.get(page)).text, action);
      return follow(await visitor.post(form.action, { ...form.fields, ...fields }));
    },
    async logIn(name, userAgent = "test", address = "192.0.2.1") {
      const query = new URLSearchParams({ name, address });
      const { status } = await visitor.get(`/login?${query}`, { "user-agent": userAgent });
      assert.equal(status, 200);
      return visitor;
    },
  };
  return visitor;
}

export function bodyOf(fields: Fields): URLSearchParams {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) for (const text of [value].flat()) body.append(name, text);
  return body;
}

/** The address and the hidden fields of the first form whose address begins so. */
export function formOf(text: string, action: string): { action: string; fields: Record<string, string[]> } {
  const forms = text.matchAll(/<form[^>]*method="post"[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g);
  for (const [, address = "", inside = ""] of forms) {
    if (!unescaped(address).startsWith(action)) continue;
    const fields: Record<string, string[]> = {};
    for (const [, name = "", value = ""] of inside.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)) {
      fields[unescaped(name)] = [...(fields[unescaped(name)] ?? []), unescaped(value)];
    }
    return { action: unescaped(address), fields };
  }
  throw new Error(`No form goes to "${action}" in:\n${text}`);
}

function unescaped(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}
