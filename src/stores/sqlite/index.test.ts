import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { DataRefusedError, SessionOptionError, SessionRecordError, StoreUnavailableError } from "../../core/errors.ts";
import type { Change, SessionRecord } from "../../core/record/store.ts";
import { generateId, keyOfId } from "../../core/request/session-id.ts";
import { type SqliteStore, type SqliteStoreOptions, sqliteStore } from "./index.ts";

const HOUR = 3_600_000;
const MODULE = new URL("./index.ts", import.meta.url).href;

function newPlace(t: TestContext): string {
  const place = mkdtempSync(join(tmpdir(), "coatcheck-test-"));
  t.after(() => rmSync(place, { recursive: true, force: true }));
  return place;
}

function open(t: TestContext, options: SqliteStoreOptions = {}): SqliteStore {
  const store = sqliteStore({ path: join(newPlace(t), "store"), ...options });
  t.after(() => store.close());
  return store;
}

function newKey(): string {
  return keyOfId(generateId());
}

function record(more: Partial<SessionRecord> = {}): SessionRecord {
  const now = Date.now();
  return { fields: new Map(), createdAt: now, expiresAt: now + HOUR, owner: undefined, version: 1, ...more };
}

function set(name: string, text: string): Change {
  return { set: new Map([[name, text]]), remove: new Set(), expiresAt: 0 };
}

/** What another process does with a store on the same directory. `code` sees `store`, `record` and `tell`. */
function script(path: string, code: string): string[] {
  const text = `
    const { sqliteStore } = await import(${JSON.stringify(MODULE)});
    const store = sqliteStore({ path: ${JSON.stringify(path)} });
    const record = { fields: new Map(), createdAt: 0, expiresAt: ${Date.now() + HOUR}, owner: "ann", version: 1 };
    const tell = (value) => process.stdout.write(JSON.stringify(value));
    ${code};
    await store.close();`;
  return ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", text];
}

function runOther(path: string, code: string): unknown {
  const { status, stdout, stderr } = spawnSync(process.execPath, script(path, code), { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout === "" ? undefined : JSON.parse(stdout);
}

function startOther(path: string, code: string): ChildProcess {
  return spawn(process.execPath, script(path, code), { stdio: ["ignore", "pipe", "inherit"] });
}

async function toldBy(other: ChildProcess): Promise<unknown> {
  let text = "";
  other.stdout?.on("data", (part: Buffer) => {
    text += part;
  });
  await once(other, "close");
  return JSON.parse(text);
}

/** Counts the turns of the event loop until it is asked: requests could be served in each of them. */
function countTurns(): () => number {
  let turns = 0;
  let counting = true;
  const turn = (): void => {
    turns++;
    if (counting) setImmediate(turn);
  };
  setImmediate(turn);
  return () => {
    counting = false;
    return turns;
  };
}

describe("the directory of the embedded store", () => {
  test("S34 is private, whatever the umask, and has no file that others can read", (t) => {
    const umask = process.umask(0);
    t.after(() => process.umask(umask));
    const path = join(newPlace(t), "made", "with.parents");
    const store = open(t, { path });
    store.developmentSecret(() => "x");
    assert.equal(store.path, path);
    for (const entry of ["", ...readdirSync(path, { recursive: true, encoding: "utf8" })]) {
      assert.equal(statSync(join(path, entry)).mode & 0o077, 0, entry);
    }
  });

  test("is by default one in the temporary directory, the same at every start of an app", async (t) => {
    const place = newPlace(t);
    const { TMPDIR } = process.env;
    process.env["TMPDIR"] = place;
    t.after(() => {
      if (TMPDIR === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = TMPDIR;
    });
    const first = sqliteStore();
    await first.create("key", record());
    await first.close();
    const second = sqliteStore();
    t.after(() => second.close());
    assert.equal(second.path, first.path);
    assert.deepEqual(readdirSync(place), [second.path.slice(place.length + 1)]);
    assert.ok(second.load("key"));
  });

  test("that no option names is told once in production: a new release would log everybody out", () => {
    const program = `
      const { sqliteStore } = await import(${JSON.stringify(MODULE)});
      await sqliteStore().close();
      await sqliteStore().close();`;
    const place = mkdtempSync(join(tmpdir(), "coatcheck-test-"));
    const run = (environment: string): string => {
      const env = { ...process.env, TMPDIR: place, NODE_ENV: environment };
      const args = ["--input-type=module", "--eval", program];
      return spawnSync(process.execPath, args, { encoding: "utf8", env }).stderr;
    };
    const said = run("production");
    assert.equal(said.match(/No path is given/g)?.length, 1, said);
    assert.match(said, /CoatcheckWarning: .*sqliteStore\(\{ path: /);
    assert.equal(run("test"), "");
    rmSync(place, { recursive: true, force: true });
  });

  test("is refused when it is no path, and a wrong timeout too", () => {
    for (const path of ["", "a\0b", 7]) {
      assert.throws(() => sqliteStore({ path: path as string }), SessionOptionError);
    }
    assert.throws(() => sqliteStore({ timeout: 0 }), SessionOptionError);
    assert.throws(() => sqliteStore({ durability: "none" as "disk" }), SessionOptionError);
  });
});

describe("several stores on one directory", () => {
  test("in one process share it, and go on when one of them closes", async (t) => {
    const first = open(t);
    const second = sqliteStore({ path: first.path });
    await Promise.all([first.create("a", record()), second.create("b", record())]);
    await first.close();
    await first.close();
    assert.ok(second.load("a"));
    assert.equal(await second.commit("a", set("n", "1")), "committed");
    await second.close();
    const third = open(t, { path: first.path });
    assert.equal(third.load("a")?.fields.get("n"), "1");
  });

  test("in two processes see each other's writes at once, without a turn of the event loop", async (t) => {
    const store = open(t);
    await store.create("key", record({ fields: new Map([["n", "0"]]) }));
    for (const n of ["1", "2"]) {
      assert.ok(store.load("key"));
      const seen = runOther(
        store.path,
        `tell(store.load("key").fields.get("n"));
         await store.commit("key", { set: new Map([["n", "${n}"]]), remove: new Set(), expiresAt: 0 })`,
      );
      assert.equal(seen, String(Number(n) - 1));
      assert.equal(store.load("key")?.fields.get("n"), n);
      assert.deepEqual(store.list("ann").sessions, []);
    }
    runOther(store.path, `await store.create("more", record)`);
    assert.equal(store.list("ann").sessions.length, 1);
    runOther(store.path, `await store.destroyAll("ann")`);
    assert.equal(store.load("more"), undefined);
  });

  test("in two processes change one record without losing a change", async (t) => {
    const store = open(t);
    await store.create("key", record());
    const other = startOther(
      store.path,
      `for (let i = 0; i < 200; i++) {
         await store.commit("key", { set: new Map([["b" + (i % 50), String(i)]]), remove: new Set(), expiresAt: 0 });
       }
       tell("done")`,
    );
    const told = toldBy(other);
    let commits = 0;
    for (; other.exitCode === null; commits++) await store.commit("key", set(`a${commits % 50}`, String(commits)));
    assert.equal(await told, "done");
    const found = store.load("key");
    assert.equal(found?.version, 1 + 200 + commits);
    for (let i = 150; i < 200; i++) assert.equal(found?.fields.get(`b${i % 50}`), String(i));
    for (let i = Math.max(0, commits - 50); i < commits; i++) assert.equal(found?.fields.get(`a${i % 50}`), String(i));
  });

  test("S39 tell each other of ends within a second", async (t) => {
    const store = open(t);
    const keys = ["destroyed", "renewed", "taken"];
    for (const key of keys) await store.create(key, record({ owner: "ann" }));
    const heard = new Map<string, string | undefined>();
    store.subscribe((key, movedTo) => heard.set(key, movedTo));
    const replacement = `{ set: new Map(), remove: new Set(), expiresAt: record.expiresAt, createdAt: 0`;
    runOther(
      store.path,
      `await store.destroy("destroyed");
       await store.replace("renewed", "renewed-2", ${replacement}, owner: "ann", keepOldUntil: record.expiresAt });
       await store.replace("taken", "taken-2", ${replacement}, owner: "bob" })`,
    );
    await sleep(700);
    assert.deepEqual(
      heard,
      new Map([
        ["destroyed", undefined],
        ["renewed", "renewed-2"],
        ["taken", undefined],
      ]),
    );
  });

  test("keep one development secret, though many begin at once", async (t) => {
    const path = join(newPlace(t), "store");
    const others = Array.from({ length: 4 }, () =>
      startOther(path, `tell(store.developmentSecret(() => String(process.pid).repeat(2_000)))`),
    );
    const secrets = new Set(await Promise.all(others.map(toldBy)));
    assert.equal(secrets.size, 1);
    const store = open(t, { path });
    assert.ok(secrets.has(store.developmentSecret(() => "another")));
  });
});

describe("records of the embedded store", () => {
  test("expire to the millisecond by the clock, leave room for others and nothing after a sweep", async (t) => {
    let now = 1_000_000;
    const store = open(t, { clock: () => now });
    const owner = "ann";
    for (const key of ["a", "b", "c"]) await store.create(key, record({ owner, createdAt: now, expiresAt: now + 10 }));
    now += 9;
    assert.ok(store.load("a"));
    now += 1;
    assert.equal(store.load("a"), undefined);
    assert.deepEqual(store.list(owner).sessions, []);
    assert.equal(await store.commit("a", set("n", "1")), "gone");
    assert.equal(await store.create("a", record({ owner, expiresAt: now + 10 })), true);
    assert.equal(await store.sweep(now, 1), 1);
    assert.equal(await store.sweep(now, 10), 1);
    assert.deepEqual(
      store.list(owner).sessions.map(({ key }) => key),
      ["a"],
    );
  });

  test("have any text as their owner and any usual text as their key", async (t) => {
    const store = open(t);
    const texts = [
      "'; DROP",
      "*",
      "../../",
      "{slot}",
      "a\nb",
      "a\0b",
      "\u{1f9e5}",
      "x".repeat(10_000),
      "\ud800",
      "\ud801",
    ];
    for (const owner of texts) await store.create(newKey(), record({ owner }));
    for (const owner of texts) {
      assert.deepEqual(
        store.list(owner).sessions.map((session) => session.record.owner),
        [owner],
      );
    }
    for (const key of texts.slice(0, 8)) {
      assert.equal(await store.create(key, record({ fields: new Map([["key", key]]) })), true);
      assert.equal(store.load(key)?.fields.get("key"), key);
    }
    for (const key of ["", ...texts.slice(8)]) {
      assert.equal(store.load(key), undefined);
      assert.equal(await store.commit(key, set("a", "1")), "gone");
      assert.equal(await store.destroy(key), false);
      await assert.rejects(store.create(key, record()), DataRefusedError);
    }
    await store.create("renewed", record());
    const replacement = { set: new Map(), remove: new Set<string>(), createdAt: 0, expiresAt: Date.now() + HOUR };
    await assert.rejects(store.replace("renewed", "\ud800", { ...replacement, owner: undefined }), DataRefusedError);
    for (const keepOldUntil of [undefined, Date.now() + HOUR]) {
      const taken = store.replace("renewed", texts[0] as string, { ...replacement, owner: undefined, keepOldUntil });
      await assert.rejects(taken, DataRefusedError);
    }
    assert.equal(store.load("renewed")?.movedTo, undefined, "nothing of a refused call is stored");
    assert.ok(store.load("renewed"));
  });

  test("have any text as a field's name and value, a NUL and a lone surrogate included", async (t) => {
    const store = open(t);
    for (const text of ["a\0b", "\0", "\ud800", "\udc00\ud800", "\u{1f9e5}", ""]) {
      const key = newKey();
      await store.create(key, record({ fields: new Map([[text, text]]) }));
      await store.commit(key, set("more", text));
      const expected = new Map([
        [text, text],
        ["more", text],
      ]);
      assert.deepEqual(store.load(key)?.fields, expected);
    }
  });

  test("with a NUL in their keys are told apart on every page and to every listener", async (t) => {
    const store = open(t);
    const other = sqliteStore({ path: store.path });
    t.after(() => other.close());
    const keys = ["a\0b", "a\0c", "a"];
    const heard: unknown[] = [];
    other.subscribe((key, movedTo) => heard.push(key, movedTo));
    for (const key of keys) await store.create(key, record({ owner: "ann" }));
    assert.deepEqual(new Set(store.list("ann").sessions.map(({ key }) => key)), new Set(keys));
    assert.deepEqual(
      store.browse({ keyPrefix: "a\0" }).sessions.map(({ key }) => key),
      ["a\0b", "a\0c"],
    );
    const moved = { set: new Map(), remove: new Set<string>(), createdAt: 0, expiresAt: Date.now() + HOUR };
    await store.replace("a\0b", "b\0b", { ...moved, owner: "ann" });
    while (heard.length === 0) await sleep(20);
    assert.deepEqual(heard, ["a\0b", "b\0b"]);
  });

  test("that are damaged are errors of their own, can be destroyed and do no harm to others", async (t) => {
    const store = open(t);
    const owner = "ann";
    const texts = [
      "",
      "\0\0",
      "[]",
      "{}",
      "[1]",
      `[1,1,${Number.MAX_SAFE_INTEGER},1,null,null,"a",9]\n"x"`,
      "\x91\xff",
    ];
    const keys = texts.map((_, i) => `key-${i}`);
    for (const key of [...keys, "good"]) await store.create(key, record({ owner }));
    const damage = (key: string, text: string): void => {
      const database = new DatabaseSync(join(store.path, "sessions.sqlite"));
      database.prepare("UPDATE sessions SET record = ? WHERE key = ?").run(text, key);
      database.close();
    };
    for (const [i, text] of texts.entries()) damage(keys[i] as string, text);

    for (const key of keys) {
      assert.throws(() => store.load(key), SessionRecordError);
      await assert.rejects(store.commit(key, set("a", "1")), SessionRecordError);
      await assert.rejects(store.create(key, record()), SessionRecordError);
      await assert.rejects(store.destroy(key, { ifVersion: 1 }), SessionRecordError);
    }
    assert.deepEqual(
      store.list(owner).sessions.map(({ key }) => key),
      ["good"],
    );
    for (const keyPrefix of [undefined, ""]) {
      const pages = [store.browse({ limit: 5, keyPrefix })];
      for (let { next } = pages[0] ?? {}; next !== undefined; { next } = pages.at(-1) ?? {}) {
        pages.push(store.browse({ limit: 5, keyPrefix, cursor: next }));
      }
      const browsed = pages.flatMap(({ sessions }) => sessions.map(({ key }) => key));
      assert.deepEqual([pages.length, browsed], [2, ["good"]], "a page without them");
    }
    assert.equal(await store.destroy("key-0"), true);
    assert.equal(store.load("key-0"), undefined);
    assert.equal(await store.destroyAll(owner), texts.length);
    assert.deepEqual(store.list(owner).sessions, []);
    assert.deepEqual(store.count(), { sessions: 0, isEstimate: true });
    await store.create("key", record());
    damage("key", "no record");
    assert.equal(await store.sweep(Date.now() + 2 * HOUR, 100), 1, "a sweep needs no readable record");
  });

  test("are browsed with those first that began last; a sweep that meets one that was used moves it", async (t) => {
    let now = Date.now();
    const store = open(t, { clock: () => now });
    for (const [i, key] of ["first", "second", "third"].entries()) {
      await store.create(key, record({ expiresAt: now + HOUR + i }));
    }
    const keys = (): string[] => store.browse().sessions.map(({ key }) => key);
    assert.deepEqual(keys(), ["third", "second", "first"]);
    await store.commit("first", { set: new Map(), remove: new Set(), expiresAt: now + 2 * HOUR });
    await store.commit("second", { ...set("a", "1"), expiresAt: now + 2 * HOUR + 0.5 });
    assert.deepEqual(keys(), ["third", "second", "first"], "a use writes to no index");
    now += HOUR + 1;
    assert.equal(await store.sweep(now, 10), 0);
    assert.deepEqual(keys(), ["second", "first", "third"]);
    const { sessions, next } = store.browse({ limit: 1 });
    assert.equal(sessions[0]?.key, "second");
    assert.deepEqual(
      store.browse({ limit: 5, cursor: next }).sessions.map(({ key }) => key),
      ["first", "third"],
    );
    assert.equal(await store.sweep(now + HOUR, 10), 3);
  });

  test("are counted with those that have expired, until they are swept", async (t) => {
    let now = Date.now();
    const store = open(t, { clock: () => now });
    for (const key of ["a", "b", "c"]) await store.create(key, record({ expiresAt: now + (key === "c" ? HOUR : 1) }));
    now += 1;
    assert.deepEqual(store.count(), { sessions: 3, isEstimate: true });
    await store.sweep(now, 10);
    assert.deepEqual(store.count(), { sessions: 1, isEstimate: true });
  });

  test("are swept by the ten thousand, with a turn for requests after every fifty", async (t) => {
    let now = Date.now();
    const store = open(t, { clock: () => now, timeout: 20_000 });
    const create = async (expiresAt: number): Promise<void> => {
      for (let i = 0; i < 100; i++) await store.create(newKey(), record({ owner: `user-${i}`, expiresAt }));
    };
    const lanes = (expiresAt: number) => Promise.all(Array.from({ length: 100 }, () => create(expiresAt)));
    await lanes(now + 1);
    now += 1;
    const turns = countTurns();
    assert.equal(await store.sweep(now, 20_000), 10_000);
    const during = turns();
    assert.ok(during >= 10_000 / 50, `${during} turns`);
    await lanes(now + HOUR);
    assert.equal(store.list("user-7", { limit: 1_000 }).sessions.length, 100);
  });
});

test("after close every call is an outage, and close waits for what is under way", async (t) => {
  const store = open(t);
  const created = store.create("key", record());
  await store.close();
  assert.equal(await created, true);
  const replacement = { set: new Map(), remove: new Set<string>(), expiresAt: 0, createdAt: 0, owner: undefined };
  const calls: (() => unknown)[] = [
    () => store.load("key"),
    () => store.create("b", record()),
    () => store.commit("key", set("a", "1")),
    () => store.replace("key", "b", replacement),
    () => store.destroy("key"),
    () => store.list("ann"),
    () => store.destroyAll("ann"),
    () => store.browse(),
    () => store.count(),
    () => store.sweep(0, 1),
    () => store.subscribe(() => {}),
    () => store.developmentSecret(() => "x"),
  ];
  for (const call of calls) await assert.rejects(async () => call(), StoreUnavailableError);
});

test("a file that is not a database is refused, and left as it is", async (t) => {
  const path = join(newPlace(t), "store");
  mkdirSync(path, { mode: 0o700 });
  const file = join(path, "sessions.sqlite");
  for (const text of ["x", "something else entirely ".repeat(1_000), "\0".repeat(20_000)]) {
    writeFileSync(file, text, { mode: 0o600 });
    assert.throws(() => sqliteStore({ path }), /sessions\.sqlite.*is not an SQLite database/);
    assert.equal(readFileSync(file, "utf8"), text);
  }
  writeFileSync(file, "");
  const store = open(t, { path });
  assert.equal(await store.create("key", record()), true);
});
