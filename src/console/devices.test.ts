// The devices page over real HTTP: users see and end their own sessions, and nobody else's.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { formOf, visit } from "../../test/fixtures/console/browser.ts";
import { type Program, startProgram } from "../../test/fixtures/console/program.ts";

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";
const PHONE =
  "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36";

let program: Program;
before(async () => {
  program = await startProgram();
});
after(() => program.close());

async function keysOf(owner: string): Promise<string[]> {
  return (await program.sessions.list(owner)).map(({ key }) => key);
}

test("a user sees their own devices by name, this one marked, and nobody else's", async () => {
  await visit(program.url).logIn("grace", FIREFOX, "203.0.113.200");
  await visit(program.url).logIn("ada", FIREFOX, "192.0.2.10");
  const ada = await visit(program.url).logIn("ada", PHONE, "192.0.2.11");
  const { status, text } = await ada.get("/devices");
  assert.equal(status, 200);
  assert.match(text, /You are logged in on 2 devices/);
  assert.match(text, /<bdi>Chrome on Android<\/bdi> <span class="badge">This device<\/span>/);
  assert.match(text, /<bdi>Firefox on Linux<\/bdi><\/h2>/);
  assert.match(text, /192\.0\.2\.10/);
  assert.doesNotMatch(text, /203\.0\.113\.200|grace/);
});

test("a user logs out one device, all others, and this one", async () => {
  const here = await visit(program.url).logIn("alan", PHONE);
  const other = await visit(program.url).logIn("alan", FIREFOX);
  for (let i = 0; i < 3; i++) await visit(program.url).logIn("alan", FIREFOX);
  const otherKey = (await other.get("/devices")).text.match(/This device[\s\S]*?value="([\w-]{43})"/)?.[1] ?? "";

  const one = await here.submit("/devices", "/devices/end", { only: otherKey });
  assert.match(one.text, /Logged out on 1 device/);
  assert.equal((await other.get("/devices")).status, 403);

  const others = await here.submit("/devices", "/devices/end-others", {});
  assert.match(others.text, /Logged out on 3 devices/);
  const [mine = ""] = await keysOf("alan");
  assert.deepEqual(await keysOf("alan"), [mine]);

  const last = await here.submit("/devices", "/devices/end", { only: mine });
  assert.match(last.text, /You are logged out on this device/);
  assert.equal(here.cookie, "");
  assert.deepEqual(await keysOf("alan"), []);
});

test("S38 nobody ends another user's session, with whatever key the form carries", async () => {
  await visit(program.url).logIn("victim");
  const [victim = ""] = await keysOf("victim");
  const mallory = await visit(program.url).logIn("mallory");
  for (const only of [victim, "victim", "", "__proto__"]) {
    const answer = await mallory.submit("/devices", "/devices/end", { only, owner: "victim", confirmed: "yes" });
    assert.match(answer.text, /Nothing was logged out/);
  }
  const { fields } = formOf((await mallory.get("/devices")).text, "/devices/end");
  const forged = { ...fields, owner: "victim", except: victim, confirmed: "yes" };
  assert.equal((await mallory.post("/devices/end-others", forged)).status, 303);
  assert.deepEqual(await keysOf("victim"), [victim]);
  assert.equal((await keysOf("mallory")).length, 1);
});

test("who is not logged in is refused, or sent to the login", async (t) => {
  const visitor = visit(program.url);
  const { status, text, headers } = await visitor.get("/devices");
  assert.equal(status, 403);
  assert.match(text, /You are not logged in/);
  assert.deepEqual(headers.getSetCookie(), []);

  const polite = await startProgram({ devices: { loginUrl: "/login-page", language: "zh" } });
  t.after(() => polite.close());
  const sent = await visit(polite.url).get("/devices");
  assert.deepEqual([sent.status, sent.headers.get("location")], [303, "/login-page"]);
  const user = await visit(polite.url).logIn("ada");
  assert.match((await user.get("/devices")).text, /您的设备/);
});
