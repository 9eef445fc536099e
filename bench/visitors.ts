// The visitors of one server under test: their cookies, and the check that the server does for them what is measured.
import assert from "node:assert/strict";
import { greeting, loginState, userName, visitCount } from "./servers/texts.ts";
import type { ServerUnderTest } from "./servers.ts";

/** How many sessions take turns. */
export const VISITORS = 200;

interface Visitors {
  /** A Cookie header for each visitor. */
  readonly own: readonly string[];
  /** As well-formed, and opening nothing. */
  readonly forged: readonly string[];
}

/** Gives each visitor a session with data. */
export async function createVisitors(address: string): Promise<Visitors> {
  const own: string[] = [];
  for (let i = 0; i < VISITORS; i++) {
    const { cookie } = await ask(`${address}/seed/${userName(i)}`);
    assert.ok(cookie, "Seeding a session sets a cookie.");
    own.push(cookie);
  }
  return { own, forged: own.map((cookie, i) => forge(cookie, own[(i + 1) % own.length] ?? "")) };
}

/** The first half of one cookie with the second half of another: an ID or text with a signature that is not its own. */
function forge(cookie: string, other: string): string {
  const valueOf = (header: string): string => header.slice(header.indexOf("=") + 1);
  const half = Math.floor(valueOf(cookie).length / 2);
  const name = cookie.slice(0, cookie.indexOf("=") + 1);
  return name + valueOf(cookie).slice(0, half) + valueOf(other).slice(half);
}

/** @throws AssertionError when the server does not answer as it must. */
export async function checkAnswers(server: ServerUnderTest, address: string, visitors: Visitors): Promise<void> {
  const { own, forged } = visitors;
  for (const index of server.isBare ? [0] : [0, 1, VISITORS - 1]) {
    const cookie = own[index];
    await expect(`${address}/read`, cookie, greeting(userName(index)));
    const first = await ask(`${address}/write`, cookie);
    assert.match(first.text, /^Visits: \d{6}$/);
    const visits = Number(first.text.slice(visitCount(0).length - 1));
    // Where the data is in the cookie, the browser brings the new one.
    await expect(`${address}/write`, first.cookie ?? cookie, visitCount(visits + 1));
    await expect(`${address}/has`, undefined, loginState(false));
    await expect(`${address}/has`, forged[index], loginState(false));
    await expect(`${address}/has`, cookie, loginState(!server.isBare));
  }
}

async function expect(url: string, cookie: string | undefined, text: string): Promise<void> {
  assert.equal((await ask(url, cookie)).text, text, `The answer of ${new URL(url).pathname}`);
}

async function ask(url: string, cookie?: string): Promise<{ text: string; cookie: string | undefined }> {
  const response = await fetch(url, cookie === undefined ? {} : { headers: { cookie } });
  assert.equal(response.status, 200, `The status of ${new URL(url).pathname}`);
  return { text: await response.text(), cookie: cookieOf(response.headers.getSetCookie()) };
}

/** What the browser sends back: some libraries set a second cookie with the signature. */
function cookieOf(setCookies: readonly string[]): string | undefined {
  return setCookies.length === 0 ? undefined : setCookies.map((cookie) => cookie.split(";")[0]).join("; ");
}
