// What some examples show beside the login.
import assert from "node:assert/strict";
import { Browser } from "./browser.ts";

export const more: Readonly<Record<string, (site: string) => Promise<void>>> = {
  "fastify-passport": checkPassport,
  "login-next": checkNext,
};

async function checkPassport(site: string): Promise<void> {
  const browser = new Browser(site);
  const [form] = (await browser.open("/login")).forms;
  assert.ok(form);
  const refused = await browser.submit(form, { username: "" });
  assert.equal(new URL(refused.address).pathname, "/login");
  assert.match(refused.text, /Please enter a username/, "The flash message of a refused login is shown.");
  assert.doesNotMatch((await browser.open("/login")).text, /Please enter/, "It is shown once.");
}

async function checkNext(site: string): Promise<void> {
  const browser = new Browser(site);
  const page = await browser.open("/account");
  assert.equal(new URL(page.address).pathname, "/login", "proxy.ts sends strangers to the login.");
  const [form] = page.forms;
  assert.ok(form);
  await browser.submit(form, { username: "admin" });
  assert.match((await browser.open("/account")).text, /The account of admin/);

  // A route handler and an API route of the Pages Router share the session.
  const post = async (path: string): Promise<unknown> => {
    const headers = { Cookie: [...browser.cookies].map((pair) => pair.join("=")).join("; ") };
    const response = await fetch(new URL(path, site), { method: "POST", headers });
    assert.deepEqual(response.headers.getSetCookie(), [], "A session that goes on needs no new cookie.");
    return response.json();
  };
  assert.deepEqual(await post("/api/visits"), { visits: 1 });
  assert.deepEqual(await post("/api/visits-of-pages-router"), { visits: 2 });
  assert.deepEqual(await post("/api/visits"), { visits: 3 });
  assert.equal((await fetch(new URL("/api/visits", site), { method: "POST" })).headers.getSetCookie().length, 1);

  await checkNextConsole(browser);
  await checkNextFlashes(site, browser);
}

/** Its module is a bundle of its own, and the logins happened in another one. */
async function checkNextConsole(browser: Browser): Promise<void> {
  const page = await browser.open("/sessions");
  assert.equal(page.status, 200);
  assert.match(page.html, /<dt>Logins[^<]*<\/dt><dd>[1-9]/, "The console hears of logins in other bundles.");
}

/** Calls the server action as the component Flashes does: its ID stands in one of the page's scripts. */
async function checkNextFlashes(site: string, browser: Browser): Promise<void> {
  const { html } = await browser.open("/");
  const scripts = [...html.matchAll(/src="(\/_next\/static\/[^"]+\.js[^"]*)"/g)].map(([, src = ""]) => src);
  const texts = await Promise.all(scripts.map(async (src) => (await fetch(new URL(src, site))).text()));
  const action = /"([0-9a-f]{40,})"[^()]*"takeFlashes"/.exec(texts.join("\n"))?.[1];
  assert.ok(action, "A script of the page calls takeFlashes.");
  const take = async (): Promise<string> => {
    const headers = {
      Cookie: [...browser.cookies].map((pair) => pair.join("=")).join("; "),
      "Next-Action": action,
      "Content-Type": "text/plain;charset=UTF-8",
      Origin: new URL(site).origin,
    };
    return (await fetch(site, { method: "POST", headers, body: "[]" })).text();
  };
  assert.match(await take(), /Welcome, admin/);
  assert.doesNotMatch(await take(), /Welcome, admin/, "A message is shown once.");
}
