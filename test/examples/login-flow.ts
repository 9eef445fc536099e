// What every login example must do, seen from browsers. It knows no framework.
import assert from "node:assert/strict";
import { Browser, type Page } from "./browser.ts";

const ANONYMOUS = "You are not logged in";
const GREETING = "Logged in as admin";

/**
 * One visitor logs in and out, others look on.
 * @param restart Kills the server and starts it again.
 */
export async function checkLogin(site: string, restart: () => Promise<void>): Promise<void> {
  const visitor = new Browser(site);
  const first = await visitor.open("/");
  assertAnonymous(first, "a new visitor");
  assert.deepEqual(first.setCookies, [], "A visitor who only reads gets no cookie.");

  await logIn(visitor, "admin");
  assertGreeted(await visitor.open("/"), "who has logged in");
  await checkStrangers(site, visitor);

  const stolen = new Browser(site, visitor.cookies);
  await logOut(visitor);
  assertAnonymous(await visitor.open("/"), "who has logged out");
  assertAnonymous(await stolen.open("/"), "a copy of the cookie, after the logout");

  await logIn(visitor, "admin");
  await restart();
  assertGreeted(await visitor.open("/"), "who has logged in, after the server was killed and started again");
}

async function checkStrangers(site: string, visitor: Browser): Promise<void> {
  assertAnonymous(await new Browser(site).open("/"), "another browser");

  const forged = new Browser(site);
  for (const [name, value] of visitor.cookies) forged.cookies.set(name, forge(value));
  assertAnonymous(await forged.open("/"), "a forged cookie");

  const planted = new Map(forged.cookies);
  const page = await logIn(forged, "<b>x</b>");
  assert.ok(!page.html.includes("<b>x</b>"), "A name is not a part of the page's HTML.");
  assert.notDeepEqual(forged.cookies, planted, "A login gets a new session ID, and not one that the browser brought.");
}

async function logIn(browser: Browser, username: string): Promise<Page> {
  const { forms } = await browser.open("/login");
  const form = forms.find(({ fields }) => fields.includes("username"));
  assert.ok(form, "The page /login has a form with a field username.");
  const page = await browser.submit(form, { username });
  assert.equal(page.status, 200, `The login leads to a page, and not to ${page.status} at ${page.address}.`);
  const cookie = page.setCookies.find((text) => browser.cookies.has(text.slice(0, text.indexOf("="))));
  assert.ok(cookie, "The login sets a cookie.");
  assert.match(cookie, /;\s*HttpOnly/i);
  assert.match(cookie, /;\s*SameSite=Lax/i);
  assert.ok(page.text.includes(`Logged in as ${username}`), `The login leads to a greeting, not to: ${page.text}`);
  return page;
}

async function logOut(browser: Browser): Promise<void> {
  const { forms } = await browser.open("/");
  const form = forms.find(({ text }) => text.includes("Log out"));
  assert.ok(form, "The page / has a form to log out.");
  await browser.submit(form);
}

/** Another first character: the rest, the signature included, is that of a real cookie. */
function forge(value: string): string {
  const at = value.startsWith("s%3A") ? 4 : 0;
  return value.slice(0, at) + (value[at] === "A" ? "B" : "A") + value.slice(at + 1);
}

function assertAnonymous({ text, status }: Page, who: string): void {
  assert.ok(status === 200 && text.includes(ANONYMOUS), `For ${who}, / says "${ANONYMOUS}", not ${status}: ${text}`);
}

function assertGreeted({ text, status }: Page, who: string): void {
  assert.ok(status === 200 && text.includes(GREETING), `For ${who}, / says "${GREETING}", not ${status}: ${text}`);
}
