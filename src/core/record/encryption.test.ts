// Encryption at rest: what the store holds, what opens it, and what does not.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type AnyData, createTestManager } from "../../../test/fixtures/manager.ts";
import { createVisitor, type Visitor } from "../../../test/fixtures/visitor.ts";
import { type MemoryStore, memoryStore } from "../../stores/memory/index.ts";
import { SecretError, SessionOptionError, SessionRecordError } from "../errors.ts";
import { generateSecret } from "../secrets.ts";
import type { EncryptionOptions } from "./encryption.ts";
import type { SessionStore } from "./store.ts";

const [NEW_KEY, OLD_KEY] = [generateSecret(), generateSecret()];

function encrypting(encryption: EncryptionOptions | undefined, store: SessionStore = memoryStore()) {
  return { ...createTestManager({ store, encryption, renewInterval: undefined, clock: Date.now }), store };
}

async function login(sessions: ReturnType<typeof encrypting>["sessions"], data: AnyData) {
  const visitor = createVisitor(sessions);
  const key = await visitor.request(async (session) => {
    session.update(data);
    await session.login("ada");
    return session.key;
  });
  return { visitor, key };
}

const dataOf = (visitor: Visitor<AnyData>) => visitor.request((session) => ({ ...session }));

/** Puts a field's text, or nothing, where the store holds another. */
function plant(store: SessionStore, key: string, fields: Record<string, string | undefined>): void {
  const set = new Map(Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined));
  const remove = new Set(Object.keys(fields).filter((name) => fields[name] === undefined));
  assert.equal(store.commit(key, { set, remove, expiresAt: 0 }), "committed");
}

const stored = (store: SessionStore, key: string, field: string) =>
  (store as MemoryStore).load(key)?.fields.get(field) as string;

describe("encryption", () => {
  test("S29 the store holds no value in the clear, and the session is as without", async () => {
    const { sessions, store } = encrypting({ keys: [NEW_KEY] });
    const data = { diagnosis: "measles", visits: 3_141_592_653, tags: new Set(["vermilion"]), since: new Date(5) };
    const { visitor, key } = await login(sessions, data);
    const texts = [...((store as MemoryStore).load(key)?.fields.values() ?? [])].join("\n");
    // Values so long that no ciphertext holds them by chance.
    assert.doesNotMatch(texts, /measles|vermilion|3141592653|"/);
    assert.deepEqual(await dataOf(visitor), data);
    await visitor.request((session) => {
      (session["tags"] as Set<string>).add("blue");
      delete session["visits"];
    });
    await visitor.request((session) => session.regenerate());
    await visitor.request((session) => session.transaction((s) => s.update({ visits: 4 })));
    assert.deepEqual(await dataOf(visitor), {
      diagnosis: "measles",
      tags: new Set(["vermilion", "blue"]),
      since: new Date(5),
      visits: 4,
    });
  });

  test("S29 the same value is another text in every field, session and writing", async () => {
    const { sessions, store } = encrypting({ keys: [NEW_KEY] });
    const { visitor, key } = await login(sessions, { a: "same", b: "same" });
    const other = await login(sessions, { a: "same" });
    const seen = [stored(store, key, "a"), stored(store, key, "b"), stored(store, other.key, "a")];
    await visitor.request((session) => session.update({ a: "else" }));
    await visitor.request((session) => session.update({ a: "same" }));
    assert.equal(new Set([...seen, stored(store, key, "a")]).size, 4);
  });

  test("a read of an encrypted session writes nothing", async () => {
    const { sessions, calls } = encrypting({ keys: [NEW_KEY] });
    const { visitor } = await login(sessions, { cart: [1] });
    const before = { ...calls };
    await visitor.request((session) => session["cart"]);
    assert.deepEqual(calls, { ...before, load: (before["load"] ?? 0) + 1 });
  });

  test("S29 a ciphertext from another field or another session does not open", async () => {
    const { sessions, store } = encrypting({ keys: [NEW_KEY] });
    const mallory = await login(sessions, { role: "guest", note: "admin" });
    const admin = await login(sessions, { role: "admin" });
    const own = stored(store, mallory.key, "role");
    for (const planted of [stored(store, mallory.key, "note"), stored(store, admin.key, "role")]) {
      plant(store, mallory.key, { role: planted });
      await assert.rejects(dataOf(mallory.visitor), SessionRecordError);
    }
    plant(store, mallory.key, { role: own });
    assert.deepEqual(await dataOf(mallory.visitor), { role: "guest", note: "admin" });
  });

  test("S29 a whole record copied over another one opens nothing, and the visitor begins anew", async () => {
    const { sessions, store, events } = encrypting({ keys: [NEW_KEY] });
    const mallory = await login(sessions, { role: "guest" });
    const admin = await login(sessions, { role: "admin" });
    plant(store, mallory.key, Object.fromEntries((store as MemoryStore).load(admin.key)?.fields ?? []));
    assert.deepEqual(await dataOf(mallory.visitor), {});
    assert(events.some((event) => event.type === "error" && event.error instanceof SessionRecordError));
    assert.deepEqual(await dataOf(admin.visitor), { role: "admin" });
  });

  test("S29 another owner, or another beginning, written into an encrypted record opens nothing", async () => {
    const memory = memoryStore();
    let planted: object = {};
    const store: SessionStore = new Proxy(memory, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        if (name !== "load") return member.bind(target);
        return (key: string) => ({ ...target.load(key), ...planted });
      },
    });
    const { sessions } = encrypting({ keys: [NEW_KEY] }, store);
    const { visitor } = await login(sessions, { role: "guest" });
    for (const change of [{ owner: "root" }, { owner: undefined }, { createdAt: 5 }]) {
      planted = change;
      assert.deepEqual(await createVisitor(sessions, visitor.cookie).request((s) => [s.owner, { ...s }]), [
        undefined,
        {},
      ]);
    }
    planted = {};
    assert.deepEqual(await visitor.request((session) => session.owner), "ada");
  });

  test("S29 plain text, a changed text and a removed record key are refused", async () => {
    const { sessions, store } = encrypting({ keys: [NEW_KEY] });
    const { visitor, key } = await login(sessions, { role: "guest" });
    const own = stored(store, key, "role");
    const flipped = own.slice(0, -2) + (own.at(-2) === "A" ? "B" : "A") + own.slice(-1);
    for (const role of ['"admin"', "", "~", "~AAAA", flipped, `${own}AAAA`]) {
      plant(store, key, { role });
      await assert.rejects(dataOf(visitor), SessionRecordError, role);
    }
    plant(store, key, { role: own, $recordKey: undefined });
    assert.deepEqual(await dataOf(visitor), {});
  });

  test("S29 keys rotate without logging anyone out, and a removed one opens nothing", async () => {
    const store = memoryStore();
    const before = encrypting({ keys: [OLD_KEY] }, store);
    const used = await login(before.sessions, { a: 1 });
    const unused = await login(before.sessions, { a: 2 });

    const during = encrypting({ keys: [NEW_KEY, OLD_KEY] }, store);
    const visitor = createVisitor(during.sessions, used.visitor.cookie);
    await visitor.request((session) => assert.equal(session["a"], 1));
    await visitor.request((session) => session.update({ b: 1 }));

    const after = encrypting({ keys: [NEW_KEY] }, store);
    assert.deepEqual(await dataOf(createVisitor(after.sessions, used.visitor.cookie)), { a: 1, b: 1 });
    assert.deepEqual(await dataOf(createVisitor(after.sessions, unused.visitor.cookie)), {});
  });

  test("plain records are read and encrypted as they are written, where acceptPlaintext says so, and else refused", async () => {
    const store = memoryStore();
    const plain = await login(encrypting(undefined, store).sessions, { a: 1, b: 2 });
    const strict = encrypting({ keys: [NEW_KEY] }, store);
    assert.deepEqual(await dataOf(createVisitor(strict.sessions, plain.visitor.cookie)), {});

    const servers = [0, 1].map(() => encrypting({ keys: [NEW_KEY], acceptPlaintext: true }, store));
    const visitors = servers.map(({ sessions }) => createVisitor(sessions, plain.visitor.cookie));
    await Promise.all(visitors.map((visitor, i) => visitor.request((session) => session.update({ [`new${i}`]: i }))));
    assert.deepEqual(await dataOf(visitors[0] as Visitor<AnyData>), { a: 1, b: 2, new0: 0, new1: 1 });
    assert.equal(stored(store, plain.key, "a"), "1");
    assert.match(stored(store, plain.key, "new0"), /^~[\w-]+$/);
  });

  test("without the option an encrypted record opens nothing", async () => {
    const store = memoryStore();
    const { visitor } = await login(encrypting({ keys: [NEW_KEY] }, store).sessions, { a: 1 });
    assert.deepEqual(await dataOf(createVisitor(encrypting(undefined, store).sessions, visitor.cookie)), {});
  });

  test("a renewed ID leads to the encrypted session", async () => {
    let now = Date.now();
    const { sessions } = createTestManager({
      store: memoryStore({ clock: () => now }),
      encryption: { keys: [NEW_KEY] },
      renewInterval: "1m",
      clock: () => now,
    });
    const visitor = createVisitor(sessions);
    await visitor.request((session) => session.update({ a: 1 }));
    const old = visitor.cookie;
    now += 61_000;
    await visitor.request((session) => session["a"]);
    assert.notEqual(visitor.cookie, old);
    const late = createVisitor(sessions, old);
    await late.request((session) => session.update({ b: 2 }));
    assert.deepEqual(await dataOf(visitor), { a: 1, b: 2 });
  });

  test("lists and consoles see the device and the fields' sizes in the clear", async () => {
    const { sessions } = encrypting({ keys: [NEW_KEY] });
    const visitor = createVisitor(sessions);
    await visitor.request(async (session) => {
      session["cart"] = ["apple"];
      await session.login("ada", { userAgent: "Firefox" });
    });
    const [info] = await sessions.list("ada");
    assert.deepEqual(info?.device, { userAgent: "Firefox" });
    const details = await sessions.inspect(info?.key ?? "");
    assert.deepEqual([details?.fields, details?.data], [[{ name: "cart", bytes: 9 }], { cart: ["apple"] }]);
  });

  test("wrong options are refused at start", () => {
    const refused = (encryption: unknown, error: new (...args: never[]) => Error): void => {
      assert.throws(() => encrypting(encryption as EncryptionOptions), error);
    };
    for (const wrong of [true, {}, { keys: [] }, { keys: NEW_KEY }, { keys: [NEW_KEY], acceptPlaintext: 1 }]) {
      refused(wrong, SessionOptionError);
    }
    refused({ keys: [NEW_KEY], key: NEW_KEY }, SessionOptionError);
    for (const weak of ["", "short", "a".repeat(40), "keyboard cat keyboard cat keyboard cat", undefined]) {
      refused({ keys: [weak] }, SecretError);
    }
  });
});
