// What is particular to the memory store; the laws are held by test/conformance/memory.test.ts.
import assert from "node:assert/strict";
import { once } from "node:events";
import test, { describe } from "node:test";
import { setImmediate as macrotask } from "node:timers/promises";
import { cpuTime } from "../../../test/fixtures/cpu-time.ts";
import { DataRefusedError, SessionOptionError, StoreUnavailableError } from "../../core/errors.ts";
import type { BrowseOptions, SessionRecord } from "../../core/record/store.ts";
import { type Expiring, ExpiryHeap } from "./expiry-heap.ts";
import { type MemoryStore, memoryStore } from "./index.ts";

let now = 1_000;
const clock = (): number => now;

function record(owner?: string, expiresAt: number = now + 1_000): SessionRecord {
  return { fields: new Map([["a", "1"]]), createdAt: now, expiresAt, owner, version: 1 };
}

function touch(expiresAt: number) {
  return { set: new Map<string, string>(), remove: new Set<string>(), expiresAt };
}

function replacement(owner?: string, keepOldUntil?: number) {
  return { ...touch(now + 1_000), owner, createdAt: now, keepOldUntil };
}

/** A store with some sessions, `"owner/key"` or `"key"`, and what it has evicted. */
function filled(maxSessions: number, ...sessions: string[]): { store: MemoryStore; evicted: [string, string?][] } {
  const evicted: [string, string?][] = [];
  const onEvict = (key: string, owner: string | undefined) =>
    void evicted.push(owner === undefined ? [key] : [key, owner]);
  const store = memoryStore({ maxSessions, clock, onEvict });
  for (const session of sessions) {
    const [key = "", owner] = session.split("/").reverse();
    store.create(key, record(owner));
  }
  return { store, evicted };
}

/** Warnings of the process while something runs. */
async function warningsDuring(run: () => void): Promise<string[]> {
  const warnings: string[] = [];
  const listen = (warning: Error) => void warnings.push(`${warning.name}: ${warning.message}`);
  // Those of earlier tests are on their way still.
  await macrotask();
  process.on("warning", listen);
  run();
  await macrotask();
  process.off("warning", listen);
  return warnings;
}

describe("bounds", () => {
  test("S32 drops the least recently used session without an owner first, and then of those with one", () => {
    const { store, evicted } = filled(4, "ann/a1", "v1", "v2", "bob/b1");
    store.load("v1");
    store.create("v3", record());
    assert.deepEqual(evicted, [["v2"]], "v1 was loaded since");
    store.create("b2", record("bob"));
    store.create("b3", record("bob"));
    assert.deepEqual(evicted, [["v2"], ["v1"], ["v3"]], "no owned one while there is another");
    store.commit("a1", touch(now + 2_000));
    store.create("b4", record("bob"));
    assert.deepEqual(evicted.at(-1), ["b1", "bob"], "a1 was committed since");
    assert.equal(store.size, 4);
    assert.deepEqual(
      store.list("bob").sessions.map(({ key }) => key),
      ["b2", "b3", "b4"],
    );
  });

  test("S32 an owner with more than a fair share loses sessions of its own first", () => {
    const users = Array.from({ length: 100 }, (_, i) => `user${i}/u${i}`);
    const { store, evicted } = filled(200, ...users, "visitor");
    for (let login = 0; login < 300; login++) store.create(`m${login}`, record("mallory"));
    for (let i = 0; i < 100; i++) assert.ok(store.load(`u${i}`), `user${i} is logged in`);
    assert.ok(store.load("visitor"));
    assert.deepEqual([...new Set(evicted.map(([, owner]) => owner))], ["mallory"]);
    assert.deepEqual(evicted[0], ["m0", "mallory"]);
    assert.equal(store.list("mallory", { limit: 200 }).sessions.length, 99);
    // The visitor goes before users, and after that those who have most.
    store.create("u100", record("user100"));
    store.create("u101", record("user101"));
    assert.deepEqual(evicted.slice(-2), [["visitor"], ["m201", "mallory"]]);
  });

  test("S32 bounded by bytes, visitors before users; what grew stays", () => {
    const evicted: string[] = [];
    const store = memoryStore({ maxBytes: 10_300, clock, onEvict: (key) => evicted.push(key) });
    const large = (text: string, owner?: string): SessionRecord => ({
      ...record(owner),
      fields: new Map([["a", text]]),
    });
    store.create("a1", large("x".repeat(2_000), "ann"));
    for (const key of ["v1", "v2", "v3", "v4"]) store.create(key, large("x".repeat(2_000)));
    assert.deepEqual(evicted, ["v1"]);
    const set = new Map([["a", "y".repeat(4_000)]]);
    assert.equal(store.commit("v2", { ...touch(now + 5_000), set }), "committed");
    assert.deepEqual(evicted, ["v1", "v3"]);
    assert.equal(store.load("v2")?.fields.get("a")?.length, 4_000);
    // What is removed makes room, and texts are counted in bytes.
    store.commit("v2", { ...touch(now + 5_000), remove: new Set(["a"]) });
    store.create("v5", large("é".repeat(1_500)));
    assert.equal(evicted.length, 2);
    store.create("v6", large("é".repeat(1_000)));
    assert.equal(evicted.length, 3);
    assert.ok(store.load("a1"));
  });

  test("a session larger than all bytes is refused as data, and nothing is dropped for it", () => {
    const store = memoryStore({ maxBytes: 5_000, clock });
    store.create("v1", record());
    const set = new Map([["a", "x".repeat(5_000)]]);
    const calls = [
      () => store.create("v2", { ...record(), fields: set }),
      () => store.commit("v1", { ...touch(now + 5_000), set }),
      () => store.replace("v1", "v2", { ...replacement(), set }),
    ];
    for (const call of calls) assert.throws(call, DataRefusedError);
    assert.deepEqual(store.load("v1"), record());
  });

  test("S32 a session that is dropped is gone, and listeners are told", () => {
    const { store } = filled(1, "ann/a1");
    const told: string[] = [];
    store.subscribe((key) => void told.push(key));
    store.create("v1", record());
    assert.deepEqual(told, ["a1"]);
    assert.equal(store.load("a1"), undefined);
    assert.equal(store.commit("a1", touch(now + 5_000)), "gone");
    assert.deepEqual(store.list("ann").sessions, []);
  });

  test("what has expired goes before what is live, and is not reported", () => {
    const { store, evicted } = filled(3, "v1", "v2");
    store.create("short", record("ann", now + 10));
    now += 10;
    store.create("v3", record());
    assert.deepEqual(evicted, []);
    assert.ok(store.load("v1"));
  });

  test("a replaced session keeps its place, and what is kept under its old key is no session to report", () => {
    const { store, evicted } = filled(2, "ann/a1", "v1");
    store.replace("v1", "v2", replacement());
    assert.deepEqual(evicted, [], "one goes, one comes");
    store.replace("v2", "a2", replacement("ann", now + 500));
    assert.deepEqual(evicted, [], "one goes, two come: what is kept for a while makes room for the session");
    assert.equal(store.load("v2"), undefined);
    assert.ok(store.load("a1"));
    assert.ok(store.load("a2"));
  });

  test("S32 warns once, and says what to do", async () => {
    const { store } = filled(2, "v1", "v2");
    const warnings = await warningsDuring(() => {
      for (let i = 0; i < 10; i++) store.create(`w${i}`, record());
    });
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? "",
      /^CoatcheckWarning: The memory store holds its 2 sessions.*maxSessions.*coatcheck\/sqlite/s,
    );
    assert.doesNotMatch(warnings[0] ?? "", /v1|w0/, "and names no session");
  });

  test("an onEvict that throws is a warning, and the new session is stored", async () => {
    const store = memoryStore({
      maxSessions: 1,
      clock,
      onEvict: () => {
        throw new Error("full");
      },
    });
    store.create("v1", record());
    const warnings = await warningsDuring(() => assert.equal(store.create("v2", record()), true));
    assert.match(warnings.join(), /onEvict threw: full/);
    assert.ok(store.load("v2"));
  });

  test("an onEvict that writes finds a store in order", () => {
    const store: MemoryStore = memoryStore({ maxSessions: 2, clock, onEvict: (key) => void store.destroy(key) });
    for (let i = 0; i < 20; i++) store.create(`v${i}`, record(i % 2 ? "ann" : undefined));
    assert.equal(store.size, 2);
  });

  test("refuses a bound that is none", () => {
    for (const maxSessions of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => memoryStore({ maxSessions }), SessionOptionError);
    }
  });
});

describe("what is held", () => {
  test("size counts records, with what has expired and what a renewal keeps", () => {
    const { store } = filled(10, "v1", "v2", "ann/a1");
    store.replace("v1", "v3", replacement(undefined, now + 2_000));
    assert.equal(store.size, 4);
    store.destroy("v2");
    assert.equal(store.size, 3);
    now += 1_000;
    assert.equal(store.size, 3);
    assert.equal(store.sweep(now, 100), 2);
    assert.equal(store.size, 1);
    now += 1_000;
    assert.equal(store.sweep(now, 100), 1);
    assert.equal(store.size, 0);
  });

  test("answers at once", () => {
    const { store } = filled(10, "ann/v1");
    const answers = [store.load("v1"), store.list("ann"), store.destroyAll("ann"), store.sweep(now, 1), store.close()];
    for (const answer of answers) assert.ok(!(answer instanceof Promise));
  });

  test("after close every call but close fails, and nothing is held", () => {
    const { store } = filled(10, "ann/v1", "v2");
    store.close();
    store.close();
    assert.equal(store.size, 0);
    const calls: Record<string, () => unknown> = {
      load: () => store.load("v1"),
      create: () => store.create("v3", record()),
      commit: () => store.commit("v1", touch(now)),
      replace: () => store.replace("v1", "v3", replacement()),
      destroy: () => store.destroy("v1"),
      list: () => store.list("ann"),
      destroyAll: () => store.destroyAll("ann"),
      sweep: () => store.sweep(now, 1),
      subscribe: () => store.subscribe(() => {}),
    };
    for (const [operation, call] of Object.entries(calls)) {
      assert.throws(
        call,
        (error) => error instanceof StoreUnavailableError && error.message.includes(`"${operation}"`),
      );
    }
  });

  test("keeps no timer: a process that only made a store ends", async () => {
    const { spawn } = await import("node:child_process");
    const path = new URL("./index.ts", import.meta.url).href;
    const script = `const { memoryStore } = await import(${JSON.stringify(path)}); memoryStore().subscribe(() => {});`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: "inherit" });
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });
});

describe("pages of everyone's sessions", () => {
  /** All pages, and how many they were. */
  function walked(store: MemoryStore, options: BrowseOptions): { keys: string[]; pages: number } {
    const keys: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = store.browse({ ...options, cursor });
      keys.push(...page.sessions.map(({ key }) => key));
      cursor = page.next;
      pages++;
    } while (cursor !== undefined);
    return { keys, pages };
  }

  function many(count: number): MemoryStore {
    const store = memoryStore({ clock });
    for (let i = 0; i < count; i++) store.create(`v${i}`, record());
    return store;
  }

  test("a page costs the same wherever it begins", () => {
    const store = many(50_000);
    const fastest = (limit: number): number => {
      const times = [1, 2, 3].map(() => {
        const begun = cpuTime();
        assert.equal(walked(store, { limit }).keys.length, 50_000);
        return cpuTime() - begun;
      });
      return Math.min(...times);
    };
    const [large, small] = [fastest(5_000), fastest(10)];
    assert.ok(small < 8 * large, `${small} ms in 5,000 pages, ${large} ms in 10`);
  });

  test("a page that finds little ends after a bounded look, and the next one goes on from there", () => {
    const store = many(50_000);
    const first = store.browse({ keyPrefix: "v49999" });
    assert.deepEqual(first.sessions, []);
    assert.ok(first.next !== undefined);
    const { keys, pages } = walked(store, { keyPrefix: "v49999" });
    assert.deepEqual(keys, ["v49999"]);
    assert.ok(pages <= 5, `${pages} pages`);
  });

  test("sessions that are used, get a new ID or end between pages hide none of the others", () => {
    const store = many(300);
    const found = new Set<string>();
    let cursor: string | undefined;
    for (let turn = 0; turn === 0 || cursor !== undefined; turn++) {
      const page = store.browse({ limit: 20, cursor });
      for (const { key } of page.sessions) {
        assert.ok(!found.has(key), "none comes twice");
        found.add(key);
      }
      for (let i = 0; i < 300; i += 4) store.commit(`v${i}`, touch(now + 1_000 + turn));
      store.destroy(`v${4 * turn + 1}`);
      store.replace(`v${4 * turn + 2}`, `w${turn}`, replacement(undefined, turn % 2 ? now + 500 : undefined));
      cursor = page.next;
    }
    for (let i = 0; i < 300; i++) assert.ok(i % 4 === 1 || i % 4 === 2 || found.has(`v${i}`), `v${i}`);
  });

  test("what was freed is used again: the store has no more to look through than it ever held at a time", () => {
    const store = many(10);
    for (let i = 0; i < 50_000; i++) {
      store.create(`w${i}`, record());
      store.destroy(`w${i}`);
    }
    assert.equal(walked(store, { keyPrefix: "none" }).pages, 1);
  });
});

describe("the heap of expiries", () => {
  let reads = 0;

  /** An item that counts how often its expiry is looked at. */
  class Counted implements Expiring {
    heapIndex = -1;
    #expiresAt: number;
    constructor(expiresAt: number) {
      this.#expiresAt = expiresAt;
    }
    get expiresAt(): number {
      reads++;
      return this.#expiresAt;
    }
    set expiresAt(value: number) {
      this.#expiresAt = value;
    }
  }

  test("gives what expires next, whatever was added, moved and removed", () => {
    const heap = new ExpiryHeap<Counted>();
    let items: Counted[] = [];
    for (let step = 0; step < 5_000; step++) {
      const item = items[(step * 7_919) % (items.length || 1)];
      if (step % 3 === 0 || !item) {
        const added = new Counted((step * 104_729) % 1_000);
        heap.add(added);
        items.push(added);
      } else if (step % 7 === 0) {
        heap.remove(item);
        items = items.filter((each) => each !== item);
      } else {
        item.expiresAt = (step * 1_299_709) % 1_000;
        heap.moved(item);
      }
      if (step % 50 === 0) assert.equal(heap.first?.expiresAt, Math.min(...items.map(({ expiresAt }) => expiresAt)));
    }
    const order: number[] = [];
    for (let first = heap.first; first; first = heap.first) {
      order.push(first.expiresAt);
      heap.remove(first);
    }
    assert.deepEqual(
      order,
      items.map(({ expiresAt }) => expiresAt).sort((a, b) => a - b),
    );
  });

  test("is as large as what is kept, however often it is touched, destroyed and made anew", () => {
    const heap = new ExpiryHeap<Counted>();
    const kept = Array.from({ length: 100 }, (_, i) => new Counted(i));
    for (const item of kept) heap.add(item);
    for (let step = 0; step < 10_000; step++) {
      const item = kept[step % 100]!;
      item.expiresAt = step;
      heap.moved(item);
      const passing = new Counted(step);
      heap.add(passing);
      heap.remove(passing);
      assert.equal(heap.size, 100);
    }
  });

  test("costs a sweep what has expired, and not what is kept", () => {
    const heap = new ExpiryHeap<Counted>();
    for (let i = 0; i < 100_000; i++) heap.add(new Counted(i < 10 ? i : 1_000 + i));
    reads = 0;
    let swept = 0;
    for (let first = heap.first; first && first.expiresAt <= 500; first = heap.first) {
      heap.remove(first);
      swept++;
    }
    assert.equal(swept, 10);
    assert.ok(reads < 10 * 4 * Math.log2(100_000) + 10, `${reads} looks for 10 of 100,000`);
  });

  test("moves a touched item in a few steps on the average", () => {
    const heap = new ExpiryHeap<Counted>();
    const items = Array.from({ length: 10_000 }, (_, i) => new Counted(i));
    for (const item of items) heap.add(item);
    reads = 0;
    for (const [i, item] of items.entries()) {
      item.expiresAt = 20_000 + i;
      heap.moved(item);
    }
    assert.ok(reads / items.length < 60, `${reads / items.length} looks a touch, in the worst of orders`);
  });
});
