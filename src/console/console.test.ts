// The console over real HTTP, as operators use it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { type Visit, visit } from "../../test/fixtures/console/browser.ts";
import { fillStore, sessionRecord } from "../../test/fixtures/console/people.ts";
import { type Program, startProgram } from "../../test/fixtures/console/program.ts";
import { bridge, MemoryStore } from "../express-session/index.ts";
import { cookieStore } from "../stores/cookie/index.ts";
import { memoryStore } from "../stores/memory/index.ts";

const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1";

let program: Program;
let admin: Visit;

before(async () => {
  program = await startProgram();
  admin = await visit(program.url).logIn("admin");
});
after(() => program.close());

/** The short keys of the sessions that a page lists. */
const keysOn = (text: string): string[] =>
  [...text.matchAll(/<a class="key" href="[^"]*\/key\/([\w-]+)"/g)].map(([, key = ""]) => key);

async function keysOf(owner: string): Promise<string[]> {
  return (await program.sessions.list(owner)).map(({ key }) => key);
}

test("the list shows who is logged in, from where, and how many there are", async () => {
  await visit(program.url).logIn("grace", IPHONE, "203.0.113.9");
  const { status, headers, text } = await admin.get("/sessions");
  assert.equal(status, 200);
  assert.match(headers.get("content-type") ?? "", /^text\/html/);
  assert.equal(headers.get("cache-control"), "no-store");
  assert.match(text, /<html lang="en">/);
  assert.match(text, /<bdi>grace<\/bdi>/);
  assert.match(text, /Safari on iOS/);
  assert.match(text, /203\.0\.113\.9/);
  assert.match(text, /about \d</);
  assert.match(text, /<span class="badge">you<\/span>/);
});

test("a search finds sessions by their owner, by the beginning of a key, by a whole key, and by device", async () => {
  const user = await visit(program.url).logIn("margaret hamilton", IPHONE, "198.51.100.77");
  assert.ok(user.cookie);
  const [key = ""] = await keysOf("margaret hamilton");
  const found = async (by: string, q: string): Promise<string[]> =>
    keysOn((await admin.get(`/sessions/?${new URLSearchParams({ by, q })}`)).text);
  assert.deepEqual(await found("owner", "margaret hamilton"), [key]);
  assert.deepEqual(await found("owner", "margaret"), [], "an owner is a whole name");
  assert.deepEqual(await found("key", key.slice(0, 10)), [key]);
  assert.deepEqual(await found("key", key), [key]);
  assert.deepEqual(await found("device", "198.51.100.77"), [key]);
  assert.ok((await found("device", "SAFARI on ios")).includes(key));
  assert.deepEqual(await found("device", "netscape"), []);
});

test("the page of one session shows times, device, names and sizes of its keys", async () => {
  await visit(program.url).logIn("linus", IPHONE, "192.0.2.55");
  const [key = ""] = await keysOf("linus");
  const { status, text } = await admin.get(`/sessions/key/${key}`);
  assert.equal(status, 200);
  for (const part of [
    key,
    "<bdi>linus</bdi>",
    "192.0.2.55",
    "Safari on iOS",
    "iPhone; CPU",
    "<bdi>color</bdi>",
    "6 B",
  ]) {
    assert.ok(text.includes(part), `${part} is missing in:\n${text}`);
  }
  assert.equal((await admin.get(`/sessions/key/${"x".repeat(43)}`)).status, 404);
});

test("one session, the selected ones, all of an owner: each ends when the operator has said yes", async () => {
  for (let i = 0; i < 6; i++) await visit(program.url).logIn("edsger");
  const [first = "", second = "", third = ""] = await keysOf("edsger");

  const question = await admin.submit("/sessions/?by=owner&q=edsger", "/sessions/end?", {});
  assert.match(question.text, /Nothing was ended/);
  assert.equal((await keysOf("edsger")).length, 6);

  const one = await admin.submit(`/sessions/key/${first}`, "/sessions/end", {});
  assert.match(one.text, /1 session ended/);
  assert.equal((await keysOf("edsger")).includes(first), false);

  const selected = await admin.submit("/sessions/?by=owner&q=edsger", "/sessions/end?", { key: [second, third] });
  assert.match(selected.text, /2 sessions ended/);
  assert.match(selected.text, /Sessions of edsger/, "the list is the one it was");
  assert.equal((await keysOf("edsger")).length, 3);

  const all = await admin.submit("/sessions/?by=owner&q=edsger", "/sessions/end-all", {});
  assert.match(all.text, /3 sessions ended/);
  assert.deepEqual(await keysOf("edsger"), []);
});

test("nothing ends before the question is answered, and a button of one row leaves the selected rows alone", async () => {
  for (let i = 0; i < 3; i++) await visit(program.url).logIn("barbara");
  const [first = "", second = "", third = ""] = await keysOf("barbara");
  const list = await admin.get("/sessions/?by=owner&q=barbara");
  const token = /name="_csrf" value="([^"]+)"/.exec(list.text)?.[1] ?? "";
  const asked = await admin.post("/sessions/end", { _csrf: token, only: first });
  assert.match(asked.text, /End this session\?/);
  assert.equal((await keysOf("barbara")).length, 3);
  await admin.post("/sessions/end", { _csrf: token, confirmed: "yes", only: first, key: [second, third] });
  assert.deepEqual((await keysOf("barbara")).sort(), [second, third].sort());
});

test("an operator can end all of their own sessions but this one, and this one too", async () => {
  const here = await visit(program.url).logIn("admin");
  for (let i = 0; i < 2; i++) await visit(program.url).logIn("admin");
  const others = await here.submit("/sessions/?by=owner&q=admin", "/sessions/end-all", { except: "mine" });
  assert.match(others.text, /3 sessions ended/);
  assert.equal((await keysOf("admin")).length, 1);
  assert.equal((await here.get("/sessions")).status, 200);

  const all = await here.submit("/sessions/?by=owner&q=admin", "/sessions/end-all", {});
  assert.equal(all.status, 403);
  assert.equal(here.cookie, "", "the browser has forgotten its cookie");
  assert.deepEqual(await keysOf("admin"), []);
  admin = await visit(program.url).logIn("admin");
});

test("a page is sorted by what its address says", async () => {
  for (const name of ["zoe", "abel", "mia"]) {
    await visit(program.url).logIn(name, "sorted-agent");
    // Those that begin in one millisecond have no order.
    for (const now = Date.now(); Date.now() === now; ) await setImmediate();
  }
  const owners = async (sort: string): Promise<string[]> => {
    const { text } = await admin.get(`/sessions/?by=device&q=sorted-agent&sort=${sort}`);
    return [...text.matchAll(/class="owner"><a[^>]*><bdi>([^<]*)/g)].map(([, owner = ""]) => owner);
  };
  assert.deepEqual(await owners("owner"), ["abel", "mia", "zoe"]);
  assert.deepEqual(await owners("-owner"), ["zoe", "mia", "abel"]);
  assert.deepEqual(await owners("began"), ["zoe", "abel", "mia"]);
  assert.deepEqual(await owners("-ends"), ["mia", "abel", "zoe"]);
});

test("page by page, each of many sessions comes once, and a search by device looks through a bounded number", async (t) => {
  const large = await startProgram();
  t.after(() => large.close());
  fillStore(large.store, 5_000);
  const operator = await visit(large.url).logIn("admin");
  const next = (text: string): string | undefined =>
    /rel="next" href="([^"]+)"/.exec(text)?.[1]?.replaceAll("&amp;", "&");

  const seen = new Set<string>();
  let pages = 0;
  for (let path: string | undefined = "/sessions"; path !== undefined; pages++) {
    const { text } = await operator.get(path);
    const keys = keysOn(text);
    for (const key of keys) {
      assert.equal(seen.has(key), false);
      seen.add(key);
    }
    path = next(text);
  }
  assert.deepEqual([seen.size, pages], [5_001, 101]);

  const first = await operator.get("/sessions/?by=device&q=no-such-device");
  assert.match(first.text, /Looked through 2,000 sessions and found 0\./);
  assert.match(first.text, />Go on looking</);
  const second = await operator.get(next(first.text) ?? "");
  const third = await operator.get(next(second.text) ?? "");
  assert.match(third.text, /Looked through 1,001 sessions and found 0\./);
  assert.equal(next(third.text), undefined);

  const owners = await operator.get("/sessions/?by=owner&q=grace");
  assert.match(owners.text, /18 of 18 on this page/);
});

test("a store that can't list everyone is searched by owner", async (t) => {
  const { browse: _, count: __, ...store } = bound(memoryStore());
  const plain = await startProgram({ store });
  t.after(() => plain.close());
  const operator = await visit(plain.url).logIn("admin");
  assert.match((await operator.get("/sessions")).text, /the sessions of one owner only\. Search by owner/);
  assert.match((await operator.get("/sessions", { "accept-language": "zh" })).text, /请按用户搜索/);
  assert.equal(keysOn((await operator.get("/sessions/?by=owner&q=admin")).text).length, 1);
  assert.equal((await operator.get("/sessions/activity")).status, 200);
});

test("a store that can't list at all says so, whatever is searched for, in both languages", async (t) => {
  for (const store of [cookieStore(), bridge(new MemoryStore())]) {
    const listless = await startProgram({ store, console: { authorize: () => true } });
    t.after(() => listless.close());
    const operator = await visit(listless.url).logIn("admin");
    for (const path of [
      "/sessions",
      "/sessions/?by=owner&q=admin",
      "/sessions/?by=key&q=ab",
      "/sessions/?by=device&q=a",
    ]) {
      const { status, text } = await operator.get(path);
      assert.equal(status, 200);
      assert.match(
        text,
        /This store can&#39;t list sessions, neither everyone&#39;s nor one owner&#39;s/,
        `${store.name} ${path}`,
      );
      assert.doesNotMatch(text, /Search by owner/);
      const chinese = await operator.get(path, { "accept-language": "zh" });
      assert.match(chinese.text, /此存储无法列出会话/);
    }
  }
});

test("an owner's pages go by last use, each session once, and tell how many there are", async (t) => {
  const busy = await startProgram();
  t.after(() => busy.close());
  const operator = await visit(busy.url).logIn("admin");
  // Used one second after another, in an order of its own.
  const secondOf = (i: number): number => (i * 37) % 120;
  const keyOf = (i: number): string => String(i).padStart(43, "k");
  const begin = sessionRecord(0, Date.now());
  for (let i = 0; i < 120; i++) {
    const expiresAt = begin.expiresAt + secondOf(i) * 1_000;
    busy.store.create(keyOf(i), { ...begin, owner: "ada", expiresAt });
  }
  const keys: string[] = [];
  for (const [start, count] of [
    ["", 50],
    ["50", 50],
    ["100", 20],
  ] as const) {
    const { text } = await operator.get(`/sessions/?by=owner&q=ada&after=${start}`);
    assert.match(text, new RegExp(`${count} of 120 on this page`));
    keys.push(...[...text.matchAll(/href="[^"]*\/key\/(k+\d+)"/g)].map(([, key = ""]) => key));
  }
  const byUse = Array.from({ length: 120 }, (_, i) => i).sort((a, b) => secondOf(b) - secondOf(a));
  assert.deepEqual(keys, byUse.map(keyOf));
});

test("an outage of the store is a page that says so, and the console comes back with it", async (t) => {
  const store = bound(memoryStore());
  let isOut = false;
  const breakable = Object.fromEntries(
    Object.entries(store).map(([name, member]) => [
      name,
      typeof member !== "function" || name === "subscribe"
        ? member
        : (...args: unknown[]) => {
            if (isOut) throw new Error("connection lost to redis://user:password@host");
            return Reflect.apply(member, undefined, args) as unknown;
          },
    ]),
  ) as typeof store;
  const shaky = await startProgram({ store: breakable, console: { authorize: () => true } });
  t.after(() => shaky.close());
  const operator = visit(shaky.url);
  assert.equal((await operator.get("/sessions")).status, 200);
  isOut = true;
  const out = await operator.get("/sessions/?by=owner&q=ada", { cookie: "" });
  assert.equal(out.status, 503);
  assert.equal(out.headers.get("retry-after"), "1");
  assert.match(out.text, /The session store does not answer/);
  assert.doesNotMatch(out.text, /password/);
  isOut = false;
  const isBack = async (): Promise<boolean> => (await operator.get("/sessions")).status === 200;
  while (!(await isBack())) await new Promise((resolve) => setTimeout(resolve, 100));
});

test("Chinese for a browser that asks for it, and what the option says whatever it asks for", async (t) => {
  for (const [header, lang] of [
    ["zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"],
    ["zh-TW", "zh-CN"],
    ["en-US,zh;q=0.5", "en"],
    ["fr", "en"],
    ["fr,zh;q=0.2,en;q=0.1", "zh-CN"],
  ] as const) {
    const { text, headers } = await admin.get("/sessions", { "accept-language": header });
    assert.match(text, new RegExp(`<html lang="${lang}">`), header);
    assert.match(headers.get("vary") ?? "", /Accept-Language/);
  }
  const chinese = await startProgram({ console: { language: "zh" } });
  t.after(() => chinese.close());
  const operator = await visit(chinese.url).logIn("admin");
  assert.match((await operator.get("/sessions", { "accept-language": "en" })).text, /在线会话/);
});

test("HEAD and unknown addresses are answered, and every link stays below the base path", async () => {
  const missing = await admin.get("/sessions/nothing/here");
  assert.equal(missing.status, 404);
  const head = await fetch(`${program.url}/sessions`, { method: "HEAD", headers: { cookie: admin.cookie } });
  assert.equal(head.status, 200);
  for (const path of ["/sessions", "/sessions/activity", "/sessions/?by=device&q=a"]) {
    const { text } = await admin.get(path);
    const addresses = [...text.matchAll(/(?:href|src|action|srcset)="([^"#]+)"/g)].map(([, address = ""]) => address);
    assert.ok(addresses.length > 5);
    for (const address of addresses) assert.match(address, /^\/sessions\//);
  }
});

test("options that are wrong say so at start", async () => {
  const { sessionConsole, devicesPage } = await import("./index.ts");
  const { sessions } = program;
  const wrong: [object, RegExp][] = [
    [{ sessions, autorize: () => true }, /"autorize" is unknown/],
    [{ sessions: {} }, /"sessions" must be a manager/],
    [{ sessions, authorize: true }, /"authorize" must be a function/],
    [{ sessions, showValues: "yes" }, /"showValues" must be true or false/],
    [{ sessions, language: "fr" }, /"language" must be "en" or "zh"/],
    [{ sessions, basePath: "sessions" }, /"basePath" must be a path/],
    [{ sessions, basePath: "/charts" }, /"basePath" begins with \/charts/],
  ];
  for (const [options, message] of wrong) assert.throws(() => sessionConsole(options as never), message);
  assert.throws(() => devicesPage({ sessions, authorize: () => true } as never), /"authorize" is unknown/);
});

/** A store as a plain object, to take methods away from or put others in. */
function bound<Store extends object>(store: Store): Store {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(store)).filter((name) => name !== "constructor");
  const methods = names.map((name) => [name, Reflect.get(store, name) as unknown] as const);
  return Object.fromEntries([
    ["name", Reflect.get(store, "name")],
    ...methods.map(([name, member]) => [name, typeof member === "function" ? member.bind(store) : member]),
  ]) as Store;
}
