// What every store keeps of a session, and what it makes of hostile names and values: two servers of one app on each.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { SessionError, SessionRecordError } from "../../src/core/errors.ts";
import type { SessionStore } from "../../src/core/record/store.ts";
import { generateId } from "../../src/core/request/session-id.ts";
import { generateSecret } from "../../src/core/secrets.ts";
import { countCalls } from "../fixtures/counting-store.ts";
import { type AnyData, SECRET } from "../fixtures/manager.ts";
import { createVisitor } from "../fixtures/visitor.ts";
import { type Guest, keyOfCookie, opened, serverOn, visitorOf } from "./servers-of-store.ts";
import { type StoreKind, startStores } from "./stores.ts";

const ground = await startStores();
after(() => ground.stop());

for (const kind of ground.kinds) {
  describe(kind.name, () => {
    beginnings(kind);
    dumps(kind);
    encryption(kind);
    hostileNames(kind);
    hostileRecords(kind);
  });
}

/** Puts texts where the store holds others, as who can write to the database does. */
async function plant(store: SessionStore, cookie: string | undefined, fields: Record<string, string>): Promise<void> {
  const set = new Map(Object.entries(fields));
  assert.equal(await store.commit(keyOfCookie(cookie), { set, remove: new Set(), expiresAt: 0 }), "committed");
}

async function fieldOf(store: SessionStore, cookie: string | undefined, field: string): Promise<string> {
  const text = (await store.load(keyOfCookie(cookie)))?.fields.get(field);
  return text ?? assert.fail(`there is a field ${field}`);
}

const dataOf = (visitor: Guest): Promise<AnyData> => visitor.request((session) => ({ ...session }));

function beginnings(kind: StoreKind): void {
  test("S31 visitors whose session stays empty reach no store", async () => {
    const { stores, dump } = await kind.open();
    const { store, calls } = countCalls(stores[0]);
    const sessions = serverOn(store);
    const before = kind.name === "the embedded store" ? "" : await dump();
    for (let i = 0; i < 500; i++) {
      const visitor = createVisitor(sessions, i % 2 === 0 ? undefined : `session=${"A".repeat(43)}.${"A".repeat(43)}`);
      await visitor.request((session) => {
        session["tried"] = 1;
        session.pop("tried");
        return session.owner;
      });
      assert.equal(visitor.duties.setCookie, undefined);
    }
    assert.deepEqual(calls, {});
    if (kind.name !== "the embedded store") assert.equal(await dump(), before);
  });

  test("S41 parallel first requests on two servers make whole sessions of their own", async () => {
    const { stores } = await kind.open();
    const servers = [serverOn(stores[0]), serverOn(stores[1])] as const;
    const ended = await visitorOf(servers[0]);
    const stale = ended.cookie;
    await ended.request((session) => session.destroy());
    const tabs = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const tab = createVisitor(servers[i % 2] ?? servers[0], i % 4 < 2 ? undefined : stale);
        await tab.request((session) => session.update({ i, text: "x".repeat(500) }));
        return tab.cookie;
      }),
    );
    assert.equal(new Set(tabs).size, tabs.length);
    for (const [i, cookie] of tabs.entries()) {
      assert.deepEqual((await opened(servers[1], cookie))?.data, { i, text: "x".repeat(500) });
    }
  });
}

function dumps(kind: StoreKind): void {
  test("S28 a dump has no ID and no cookie, and no string in it logs anybody in", async () => {
    const { stores, dump } = await kind.open();
    const sessions = serverOn(stores[0]);
    const told: string[] = [SECRET];
    for (let i = 0; i < 30; i++) {
      const visitor = await visitorOf(sessions, `user${i}`);
      await visitor.request((session) => {
        told.push(session.id, session.csrfToken);
        session["i"] = i;
      });
      const value = visitor.cookie?.slice("session=".length) ?? "";
      told.push(value, value.slice(44));
    }
    const text = await dump();
    for (const secret of told) assert(!text.includes(secret), "something that opens a session is in the dump");

    const candidates = new Set(text.match(/[\w-]{43,}/g));
    assert(candidates.size >= 30, "the keys are in the dump");
    for (const found of candidates) {
      for (const value of [
        found,
        found.slice(0, 43),
        `${found.slice(0, 43)}.${found.slice(0, 43)}`,
        found.slice(-87),
      ]) {
        assert.equal(await opened(sessions, `session=${value}`), undefined);
      }
    }
  });
}

function encryption(kind: StoreKind): void {
  const options = { encryption: { keys: [generateSecret()] as [string] } };

  test("S29 a dump of encrypted sessions has nothing of their data in the clear", async () => {
    const { stores, dump } = await kind.open();
    const sessions = serverOn(stores[0], options);
    const clear: string[] = [...options.encryption.keys];
    for (let i = 0; i < 20; i++) {
      const [note, city] = [generateId(), generateId()];
      const visitor = createVisitor(sessions);
      await visitor.request(async (session) => {
        session.update({ note, list: [{ city }] });
        session.flash(`welcome to ${city}`);
        await session.login(`user${i}`, { userAgent: `browser of ${note}`, address: "203.0.113.7", place: city });
      });
      clear.push(note, city);
      assert.equal((await dataOf(visitor))["note"], note);
    }
    const text = await dump();
    for (const each of [...clear, "203.0.113.7", "welcome to"]) assert(!text.includes(each));
  });

  test("S29 a ciphertext moved to another field or session, or with another record's key, is refused", async () => {
    const { stores } = await kind.open();
    const sessions = serverOn(stores[0], options);
    const mallory = await visitorOf(sessions, "mallory", { role: "guest", note: "admin" });
    const admin = await visitorOf(sessions, "admin", { role: "admin" });
    const own = await fieldOf(stores[1], mallory.cookie, "role");
    for (const role of [
      await fieldOf(stores[1], mallory.cookie, "note"),
      await fieldOf(stores[1], admin.cookie, "role"),
      '"admin"',
    ]) {
      await plant(stores[1], mallory.cookie, { role });
      await assert.rejects(dataOf(mallory), SessionRecordError);
    }
    await plant(stores[1], mallory.cookie, { role: own });
    assert.deepEqual(await dataOf(mallory), { role: "guest", note: "admin" });

    const $recordKey = await fieldOf(stores[1], admin.cookie, "$recordKey");
    await plant(stores[1], mallory.cookie, { $recordKey, role: await fieldOf(stores[1], admin.cookie, "role") });
    assert.equal(await opened(sessions, mallory.cookie), undefined, "the key of another record opens nothing");
    assert.deepEqual(await dataOf(admin), { role: "admin" });
  });
}

/** Owners, and names of fields, that mean something to a shell, a database, a script, a pattern or a path. */
const HOSTILE = [
  "'; DROP TABLE coatcheck_sessions; --",
  "' OR '1'='1",
  '"; return redis.call("FLUSHALL") --',
  "*",
  "%",
  "_",
  "?",
  "[a-z]*",
  "../",
  "../../etc/passwd",
  "{slot}",
  "}{",
  "a\nb",
  "a\r\nFLUSHALL\r\n",
  "\u0000",
  "$1",
  "\\",
  "coatcheck:",
  "ada",
  "ada ",
  "ADA",
  "a".repeat(10_240),
  "*".repeat(10_240),
];

function hostileNames(kind: StoreKind): void {
  test("S35 owners of any spelling are found, listed and ended as themselves alone", async () => {
    const { stores } = await kind.open();
    const [one, other] = [serverOn(stores[0]), serverOn(stores[1])];
    const cookies = new Map<string, string | undefined>();
    for (const owner of HOSTILE) cookies.set(owner, (await visitorOf(one, owner)).cookie);
    for (const [owner, cookie] of cookies) {
      assert.deepEqual(await other.list(owner).then((all) => all.map(({ key }) => key)), [keyOfCookie(cookie)]);
    }
    const left = new Map(cookies);
    for (const [owner, cookie] of cookies) {
      assert.equal(await other.revokeAll(owner), 1, JSON.stringify(owner.slice(0, 40)));
      left.delete(owner);
      assert.equal(await opened(one, cookie), undefined);
      for (const still of left.values()) assert.notEqual(await opened(one, still), undefined);
    }
  });

  test("S35 keys of any spelling name no session, and fields of any spelling are data", async () => {
    const { stores } = await kind.open();
    const sessions = serverOn(stores[0]);
    const visitor = await visitorOf(sessions, "ada", {});
    const data = Object.fromEntries(HOSTILE.map((name) => [name, `value of ${name.slice(0, 20)}`]));
    await visitor.request((session) => session.update(data));
    for (const key of HOSTILE) {
      assert.equal(await sessions.revoke(key), false);
      assert.equal(await sessions.inspect(key), undefined);
    }
    assert.deepEqual(await dataOf(visitor), data);
    await visitor.request((session) => {
      for (const name of HOSTILE) session.pop(name);
    });
    assert.deepEqual(await opened(sessions, visitor.cookie), { data: {}, owner: "ada" });
  });

  test("S23 names that lead to a prototype are data in every store, deep inside too, or refused", async () => {
    const { stores } = await kind.open();
    const visitor = await visitorOf(serverOn(stores[0]), "ada", {});
    const before = Object.getOwnPropertyNames(Object.prototype);
    const deep = { constructor: { prototype: { polluted: 1 } }, toString: "x", list: [{ valueOf: 1 }] };
    await visitor.request((session) => session.update({ constructor: "c", prototype: "p", toString: "t", deep }));
    assert.deepEqual(await dataOf(visitor), { constructor: "c", prototype: "p", toString: "t", deep });
    await plant(stores[1], visitor.cookie, { ["__proto__"]: '{"polluted":1}' });
    const read = await dataOf(visitor);
    assert.equal(Reflect.get(read, "polluted"), undefined);
    assert.equal(Object.getPrototypeOf(read), Object.prototype);
    assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before);
  });
}

/** What other libraries would revive as code, and what is no text of ours. */
const HOSTILE_TEXTS = [
  '{"$function":"process.exit(1)"}',
  '{"$class":"Function","arguments":["process.exit(1)"]}',
  `{"rce":"_$$ND_FUNC$$_function(){process.exit(1)}()"}`,
  '{"$map":[["__proto__",{"polluted":1}]]}',
  '{"__proto__":{"polluted":1}}',
  '[{"a":{"__proto__":{"polluted":1}}}]',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"py/object":"os.system"}',
  '!!js/function "function(){process.exit(1)}"',
  'O:8:"stdClass":1:{s:1:"a";i:1;}',
  "\u0080\u0004\u0095cos\nsystem\n(S'id'\ntR.",
  "gASVIAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg==",
  "rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA==",
  "() => process.exit(1)",
  "",
  "{",
  "undefined",
  '{"$date":"now"}',
  '{"$bigint":"1e9"}',
  `${"[".repeat(50_000)}${"]".repeat(50_000)}`,
];

function hostileRecords(kind: StoreKind): void {
  test("S24 what a hostile writer plants in a record is data or a typed error, and nothing is revived", async () => {
    const { stores } = await kind.open();
    const sessions = serverOn(stores[0]);
    const before = Object.getOwnPropertyNames(Object.prototype);
    for (const text of HOSTILE_TEXTS) {
      const visitor = await visitorOf(sessions, "ada");
      await plant(stores[1], visitor.cookie, { planted: text });
      const reading = visitor.request((session) => assertPlain(session["planted"]));
      await reading.catch((error: unknown) => assert(error instanceof SessionError, `${text.slice(0, 40)}: ${error}`));
    }
    assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before);
    assert.equal(Reflect.get({}, "polluted"), undefined);
  });
}

/** Nothing but what JSON has, and what the codec says that it revives. */
function assertPlain(value: unknown): void {
  for (let rest: unknown[] = [value]; rest.length > 0; ) {
    const each = rest.pop();
    assert.notEqual(typeof each, "function");
    if (typeof each !== "object" || each === null) continue;
    const kinds = [Object.prototype, Array.prototype, Map.prototype, Set.prototype, Date.prototype];
    assert(kinds.includes(Object.getPrototypeOf(each)));
    rest = rest.concat(each instanceof Map ? [...each.values()] : Object.values(each));
  }
}
