// Options of any shape: a manager, or a SessionError that names the option; nothing else is thrown, and what is accepted
// writes a cookie that is one (SECURITY-BAR S16, S25).
import assert from "node:assert/strict";
import { SessionError } from "../../../src/core/errors.ts";
import { createManager, type SessionManager } from "../../../src/core/manager.ts";
import { memoryStore } from "../../../src/stores/memory/index.ts";
import { sqliteStore } from "../../../src/stores/sqlite/index.ts";
import { few, listOf, oneIn, pick, type Random } from "../random.ts";
import { defineTarget } from "../target.ts";
import { anyText } from "../texts.ts";
import { SECRETS } from "./issued.ts";

/** It stands still: among the options are lifetimes of a few milliseconds. */
const clock = (): number => 1_700_000_000_000;

type Maker = "createSessions" | "memoryStore" | "sqliteStore";

interface Input {
  readonly maker: Maker;
  readonly options: unknown;
  /** Functions and stores among the options do what they should, so that the manager can be used. */
  readonly isUsable: boolean;
}

export const options = defineTarget<Input>({
  name: "options",
  about: "any options give a manager that works, or a SessionError; nothing else is thrown",
  share: 15_000,
  cases: 10_000,
  prepare: () => ({
    generate: anyInput,
    check({ maker, options, isUsable }) {
      try {
        if (maker === "memoryStore") return memoryStore(options as never).close();
        // Its path is none: no directory is made.
        if (maker === "sqliteStore") return void sqliteStore(options as never).close();
        const sessions = createManager<{ a?: number }>(options as never, () => memoryStore({ clock }));
        if (isUsable) return checkManager(sessions);
      } catch (error) {
        assert(error instanceof SessionError, `not a ${String(error)}`);
        assert(error.message.length > 20, "it says what to do");
      }
      return undefined;
    },
  }),
});

async function checkManager(sessions: SessionManager<{ a?: number }>): Promise<void> {
  const active = await sessions.open(undefined);
  active.session.a = 1;
  const { setCookie = "" } = await active.finish(() => true);
  assert.match(setCookie, /^[\w!#$%&'*+.^`|~-]+=[\w-]{43}\.[\w-]{43}(; [\x20-\x3a\x3c-\x7e]+)*$/);
  assert(setCookie.startsWith(`${sessions.cookieName}=`));
  const again = await sessions.open(setCookie.slice(0, setCookie.indexOf(";")));
  assert.equal(again.session.a, 1);
  await sessions.close();
}

function anyInput(random: Random): Input {
  if (oneIn(random, 20)) return { maker: "createSessions", options: junk(random), isUsable: false };
  if (oneIn(random, 15)) return { maker: "memoryStore", options: someOf(random, MEMORY, 2), isUsable: false };
  if (oneIn(random, 15)) return { maker: "sqliteStore", options: sqliteOptions(random), isUsable: false };
  const options = { ...someOf(random, GOOD, 8), ...(oneIn(random, 10) ? {} : { secret: pick(random, SECRETS) }) };
  Object.assign(options, { clock });
  const wrong = listOf(random, few(random, 3), () => pick(random, Object.keys(GOOD)));
  for (const name of wrong) Object.assign(options, { [name]: worsened(random, Reflect.get(options, name)) });
  if (oneIn(random, 10)) Object.assign(options, { [anyText(random)]: junk(random) });
  return { maker: "createSessions", options, isUsable: CALLED.every((name) => isGood(options, name)) };
}

/** What a manager calls. */
const CALLED = ["store", "clock", "randomBytes", "schema", "onEvent"];

function isGood(options: object, name: string): boolean {
  const given: unknown = Reflect.get(options, name);
  return given === undefined || (GOOD[name]?.includes(given) ?? false);
}

const schema = { "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) } };

/** For each option, what may stand there. */
const GOOD: Readonly<Record<string, readonly unknown[]>> = {
  secret: [[...SECRETS], SECRETS[1]],
  store: [undefined],
  cookie: [
    {},
    { name: "sid" },
    { name: "__Host-a" },
    { path: "/app", domain: "example.com" },
    { secure: true, sameSite: "none", partitioned: true, priority: "low", httpOnly: false },
  ],
  idleTimeout: ["30m", 1_000, "1.5h"],
  absoluteTimeout: ["31d", 60_000],
  permanent: [true, false],
  renewInterval: ["1h", undefined],
  storeTimeout: ["1s", 50],
  whenStoreUnavailable: ["fail", "anonymous"],
  encryption: [{ keys: [SECRETS[2]] }, { keys: [...SECRETS], acceptPlaintext: true }],
  maxSessionsPerOwner: [3, { limit: 2, whenFull: "refuse" }],
  schema: [schema],
  onEvent: [() => {}],
  clock: [clock],
  randomBytes: [undefined],
};

const MEMORY: Readonly<Record<string, readonly unknown[]>> = {
  maxSessions: [1, 10, 0, -1],
  clock: [Date.now],
  onEvict: [() => {}],
};

function someOf(random: Random, names: Readonly<Record<string, readonly unknown[]>>, about: number): object {
  const chosen = Object.entries(names).filter(() => random.below(Object.keys(names).length) < about);
  return Object.fromEntries(
    chosen.map(([name, values]) => [name, oneIn(random, 8) ? junk(random) : pick(random, values)]),
  );
}

function sqliteOptions(random: Random): object {
  return { path: pick(random, ["", "a\0b", 1, null, {}, Symbol("p"), []]), timeout: junk(random), clock: junk(random) };
}

/** Something else, or the same with something else within. */
function worsened(random: Random, value: unknown): unknown {
  if (oneIn(random, 3) || typeof value !== "object" || value === null) return junk(random);
  const copy: unknown = Array.isArray(value) ? [...value] : { ...value };
  const name = pick(random, [...Object.keys(value), anyText(random)]);
  if (name !== "length") Reflect.set(copy as object, name, junk(random));
  return copy;
}

/** What no option is, or few are. */
function junk(random: Random): unknown {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const texts = [anyText(random), "x".repeat(40), "1d", "-1h", "0", "__Host-x", "none", "a;b", "/;a"];
  return pick(random, [
    undefined,
    null,
    true,
    false,
    0,
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    0n,
    10n ** 30n,
    Symbol("junk"),
    () => {},
    [],
    [null],
    [[]],
    [Symbol("junk")],
    ["session"],
    {},
    Object.create(null),
    { toString: null, valueOf: null },
    { toString: () => ({}) },
    { __proto__: null, limit: Object.create(null), keys: Object.create(null), name: Object.create(null) },
    circular,
    new Date(Number.NaN),
    new Map([["name", "x"]]),
    new Set(["x"]),
    new Uint8Array(40),
    /x/g,
    new Error("junk"),
    new String(SECRETS[0]),
    Promise.resolve(),
    ...texts,
  ]);
}
