// Stores that answer at once, late, or with a failure; and what a handler does with its session.
import { setTimeout as delay } from "node:timers/promises";
import { createManager, type SessionManager } from "../../src/core/manager.ts";
import type { Change, SessionRecord, SessionStore } from "../../src/core/record/store.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { type FakeClock, fakeClock } from "../../src/testing/fake-clock.ts";
import { type AnyData, SECRET } from "../fixtures/manager.ts";
import { scriptStore } from "../fixtures/scripted-store.ts";

const MINUTE = 60_000;

export interface StoreMode {
  readonly name: string;
  /** What the handler does first: begins a session, changes or reads one that is there, or leaves it alone. */
  readonly use: "begin" | "change" | "read" | "nothing";
  /** How late the store answers, in ms; `0` is a tick, `undefined` at once. */
  readonly delay?: number;
  readonly fails?: boolean;
}

export const storeModes: readonly StoreMode[] = [
  { name: "untouched", use: "nothing" },
  { name: "at once", use: "begin" },
  { name: "a tick", use: "begin", delay: 0 },
  { name: "5 ms", use: "begin", delay: 5 },
  { name: "50 ms", use: "begin", delay: 50 },
  { name: "at once, a change", use: "change" },
  { name: "5 ms, a change", use: "change", delay: 5 },
  { name: "5 ms, a touch", use: "read", delay: 5 },
  { name: "fails at a create", use: "begin", delay: 5, fails: true },
  { name: "fails at a commit", use: "change", delay: 5, fails: true },
];

export function storeModeOf(name: string): StoreMode {
  const mode = storeModes.find((each) => each.name === name);
  if (mode === undefined) throw new Error(`No store mode is named ${name}.`);
  return mode;
}

/** The field that a handler changes. What else is stored is stored at once. */
const FIELD = "change";

/** What a handler does with its session, or with the plain object that stands in its place without sessions. */
export function applyUse(session: Record<string, unknown>, { use }: StoreMode): void {
  if (use === "begin" || use === "change") session[FIELD] = Math.random();
  if (use === "read") void session["start"];
}

export interface Sessions {
  readonly manager: SessionManager<AnyData>;
  readonly store: SessionStore;
  readonly clock: FakeClock;
}

export function makeSessions(mode: StoreMode): Sessions {
  const clock = fakeClock();
  const store = scriptStore(memoryStore({ clock }), (method, proceed, args = []) => {
    if (method === "load") return later(mode, proceed);
    if (!isOfHandler(method, args)) return proceed();
    return later(mode, () => {
      if (mode.fails) throw new Error("the store is out");
      return proceed();
    });
  });
  // No busy machine may reach the limit of a call.
  const manager = createManager<AnyData>({ secret: SECRET, clock, store, storeTimeout: 10 * MINUTE }, () => store);
  return { manager, store, clock };
}

/** The time after which a session that is only read is touched. */
export const UNTIL_TOUCH = 10 * MINUTE;

function isOfHandler(method: string, args: readonly unknown[]): boolean {
  if (method === "create") return hasField((args[1] as SessionRecord).fields);
  if (method !== "commit") return false;
  const { set } = args[1] as Change;
  return set.size === 0 || hasField(set);
}

function hasField(fields: ReadonlyMap<string, string>): boolean {
  return [...fields.keys()].some((name) => name.includes(FIELD));
}

function later({ delay: ms }: StoreMode, proceed: () => unknown): unknown {
  if (ms === undefined) return proceed();
  return ms === 0 ? Promise.resolve().then(proceed) : delay(ms).then(proceed);
}
