// Each option of each factory and function, with values that it can't be: every one is refused when it is set up, by an
// error that names the option and says what it must be. None is taken in silence, and none fails as a bare TypeError.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { csrf as expressCsrf, session as expressSession } from "../../src/adapters/express/index.ts";
import { csrf as fastifyCsrf, session as fastifySession } from "../../src/adapters/fastify/index.ts";
import { withCsrf, withSession } from "../../src/adapters/fetch/index.ts";
import { csrf as honoCsrf, session as honoSession } from "../../src/adapters/hono/index.ts";
import { csrf as koaCsrf, session as koaSession } from "../../src/adapters/koa/index.ts";
import { withCsrf as nextCsrf, session as nextSession } from "../../src/adapters/next/index.ts";
import { csrf as nodeCsrf, session as nodeSession } from "../../src/adapters/node/index.ts";
import { devicesPage, sessionConsole } from "../../src/console/index.ts";
import { SecretError, SessionOptionError } from "../../src/core/errors.ts";
import { verifyCsrf } from "../../src/csrf.ts";
import { bridge, session as dropIn, MemoryStore } from "../../src/express-session/index.ts";
import { Flask } from "../../src/flask/index.ts";
import {
  flaskCookieStore,
  flaskSessionRedisStore,
  readFlaskCookie,
  writeFlaskCookie,
} from "../../src/flask-cookie/index.ts";
import { createSessions, memoryStore } from "../../src/index.ts";
import { reportTelemetry } from "../../src/opentelemetry/index.ts";
import { cookieStore } from "../../src/stores/cookie/index.ts";
import { postgresStore } from "../../src/stores/postgres/index.ts";
import { redisStore } from "../../src/stores/redis/index.ts";
import { sqliteStore } from "../../src/stores/sqlite/index.ts";
import { fakeClock, sessionCookie, sessionTransaction } from "../../src/testing/index.ts";
import { storeConformance } from "../../src/testing/store-conformance.ts";
import { SECRET } from "../fixtures/manager.ts";

/** Values that most options can't be, by name. */
const WRONG: Readonly<Record<string, unknown>> = {
  null: null,
  true: true,
  false: false,
  zero: 0,
  five: 5,
  negative: -1,
  fraction: 1.5,
  huge: 1e300,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  bigint: 5n,
  "an empty string": "",
  "a string": "no such thing\u0000",
  "half a character": "\ud800",
  symbol: Symbol("wrong"),
  "an object": {},
  "an array": [],
  "an array of null": [null],
  "a function": () => {},
  "an object without a prototype": Object.create(null),
  "an object that can't be a string": {
    toString: () => assert.fail("its toString was called"),
    valueOf: () => assert.fail("its valueOf was called"),
    toJSON: () => assert.fail("its toJSON was called"),
  },
  "a Map": new Map(),
  "an invalid Date": new Date(Number.NaN),
  "a promise": Promise.resolve({}),
};

/** Names of the values in {@link WRONG} that an option takes nevertheless. */
type Allowed = readonly (keyof typeof WRONG)[];

const strings: Allowed = ["an empty string", "a string"];
const booleans: Allowed = ["true", "false"];
const functions: Allowed = ["a function"];
const objects: Allowed = ["an object", "an object without a prototype"];
const none: Allowed = [];

interface Subject {
  readonly name: string;
  /** Calls it with these options. */
  create(options: unknown): unknown;
  /** Options with which it works. */
  readonly good?: object;
  /** For each option what it takes of {@link WRONG}; `undefined` is always "left out" unless it is required. */
  readonly options: Readonly<Record<string, Allowed>>;
  readonly required?: readonly string[];
  /** What stands before the names of its options in errors. */
  readonly prefix?: string;
  /** What may stand for all options: `null`, where the original takes it. */
  readonly instead?: Allowed;
  /** An option near to one, and that one. */
  readonly slip?: readonly [string, string];
  /** Other names are free. */
  readonly isOpen?: boolean;
}

const sessions = createSessions({ secret: SECRET, store: memoryStore() });
const sqliteFolder = mkdtempSync(join(tmpdir(), "coatcheck-options-"));
after(() => rmSync(sqliteFolder, { recursive: true, force: true }));
const redisClient = { call() {}, duplicate() {}, status: "ready" };
const pool = { connect() {}, on() {}, totalCount: 0, options: {} };
const handler = (): Response => new Response();
const request = { method: "GET", headers: new Headers(), origin: "https://example.com" };

const csrfOptions: Readonly<Record<string, Allowed>> = {
  trustedOrigins: ["an array"],
  token: none,
  header: none,
  field: ["a string"],
  ignore: functions,
};
const signature: Readonly<Record<string, Allowed>> = {
  secret: ["a string", "half a character"],
  fallbacks: ["an array"],
  salt: [...strings, "half a character"],
  keyDerivation: none,
  digest: none,
};
const page: Readonly<Record<string, Allowed>> = {
  sessions: none,
  language: none,
  basePath: ["an empty string"],
  trustedOrigins: ["an array"],
};
const cookie: Readonly<Record<string, Allowed>> = {
  name: none,
  path: none,
  domain: none,
  secure: booleans,
  httpOnly: booleans,
  sameSite: none,
  partitioned: ["false"],
  priority: none,
};

const subjects: readonly Subject[] = [
  {
    name: "createSessions",
    create: (options) => createSessions(options as never),
    good: { secret: SECRET, store: memoryStore() },
    required: ["secret"],
    options: {
      secret: none,
      store: none,
      cookie: objects,
      idleTimeout: ["five", "fraction"],
      absoluteTimeout: ["five", "fraction"],
      permanent: booleans,
      renewInterval: ["five", "fraction"],
      storeTimeout: ["five", "fraction"],
      whenStoreUnavailable: none,
      encryption: none,
      maxSessionsPerOwner: ["five"],
      schema: none,
      onEvent: functions,
      clock: functions,
      randomBytes: functions,
    },
    slip: ["idelTimeout", "idleTimeout"],
  },
  {
    name: "createSessions, cookie",
    create: (given) => createSessions({ secret: SECRET, store: memoryStore(), cookie: given as never }),
    prefix: "cookie.",
    options: cookie,
    slip: ["samesite", "sameSite"],
  },
  {
    name: "createSessions, encryption",
    create: (given) => createSessions({ secret: SECRET, store: memoryStore(), encryption: given as never }),
    good: { keys: [SECRET] },
    prefix: "encryption.",
    required: ["keys"],
    options: { keys: none, acceptPlaintext: booleans },
    slip: ["key", "keys"],
  },
  {
    name: "createSessions, maxSessionsPerOwner",
    create: (given) => createSessions({ secret: SECRET, store: memoryStore(), maxSessionsPerOwner: given as never }),
    good: { limit: 3 },
    instead: ["five"],
    prefix: "maxSessionsPerOwner.",
    required: ["limit"],
    options: { limit: ["five"], whenFull: none },
    slip: ["limt", "limit"],
  },
  {
    name: "memoryStore",
    create: (options) => memoryStore(options as never),
    options: { maxSessions: ["five"], clock: functions, onEvict: functions },
    slip: ["maxSession", "maxSessions"],
  },
  {
    name: "sqliteStore",
    create: (options) => sqliteStore(options as never).close(),
    good: { path: sqliteFolder },
    options: { path: none, durability: none, timeout: ["five", "fraction"], clock: functions },
    slip: ["durabilty", "durability"],
  },
  {
    name: "redisStore",
    create: (options) => redisStore(options as never),
    good: { client: redisClient },
    required: ["client"],
    options: { client: none, prefix: strings },
    slip: ["prefx", "prefix"],
  },
  {
    name: "postgresStore",
    create: (options) => postgresStore(options as never),
    good: { pool },
    required: ["pool"],
    options: {
      pool: none,
      table: none,
      clock: functions,
      prepare: booleans,
      timeout: ["five", "fraction"],
      listenClient: functions,
    },
    slip: ["tabel", "table"],
  },
  { name: "cookieStore", create: (options) => cookieStore(options as never), options: {} },
  {
    name: "flaskCookieStore",
    create: (options) => flaskCookieStore(options as never),
    good: { secret: SECRET },
    required: ["secret"],
    options: { ...signature, maxAge: ["five"], ownerKey: ["a string"], clock: functions },
    slip: ["fallback", "fallbacks"],
  },
  {
    name: "flaskSessionRedisStore",
    create: (options) => flaskSessionRedisStore(options as never),
    good: { client: redisClient },
    required: ["client"],
    options: {
      client: none,
      prefix: strings,
      signWith: ["a string", "half a character"],
      format: none,
      lifetime: ["five"],
      ownerKey: ["a string"],
      clock: functions,
    },
    slip: ["lifetme", "lifetime"],
  },
  {
    name: "readFlaskCookie",
    create: (options) => readFlaskCookie("", options as never),
    good: { secret: SECRET },
    required: ["secret"],
    options: {
      ...signature,
      maxAge: ["zero", "five", "fraction", "huge", "Infinity"],
      now: ["zero", "five", "fraction", "huge", "Infinity"],
    },
    slip: ["maxage", "maxAge"],
  },
  {
    name: "writeFlaskCookie",
    create: (options) => writeFlaskCookie({}, options as never),
    good: { secret: SECRET },
    required: ["secret"],
    options: {
      secret: ["a string", "half a character"],
      salt: [...strings, "half a character"],
      keyDerivation: none,
      digest: none,
      now: ["zero", "five", "fraction"],
    },
    slip: ["digset", "digest"],
  },
  {
    name: "the drop-in",
    create: (options) => dropIn(options as never),
    good: { secret: SECRET, resave: false, saveUninitialized: false },
    instead: ["null"],
    options: {
      secret: ["null", ...strings, "half a character"],
      store: ["null"],
      cookie: ["null", ...objects, ...functions],
      genid: ["null", "false", "zero", "NaN", "an empty string", ...functions],
      name: ["null", ...strings],
      key: ["null", ...strings],
      proxy: ["null", ...booleans],
      resave: ["null", ...booleans],
      rolling: ["null", ...booleans],
      saveUninitialized: ["null", ...booleans],
      unset: ["null", "an empty string"],
    },
    slip: ["saveUninitialised", "saveUninitialized"],
  },
  {
    name: "the drop-in, cookie",
    create: (given) => dropIn({ secret: SECRET, resave: false, saveUninitialized: false, cookie: given as never }),
    instead: ["null", "a function"],
    prefix: "cookie.",
    options: {
      path: ["null", ...strings],
      domain: ["null", ...strings],
      httpOnly: ["null", ...booleans],
      secure: ["null", ...booleans],
      sameSite: ["null", ...booleans],
      maxAge: ["null", "zero", "five", "fraction"],
      expires: ["null", "false"],
      priority: ["null"],
      partitioned: ["null", ...booleans],
    },
    slip: ["maxage", "maxAge"],
  },
  { name: "bridge", create: (options) => bridge(new MemoryStore(), options as never), options: { clock: functions } },
  {
    name: "sessionConsole",
    create: (options) => sessionConsole(options as never),
    good: { sessions },
    required: ["sessions"],
    options: { ...page, authorize: functions, showValues: booleans },
    slip: ["autorize", "authorize"],
  },
  {
    name: "devicesPage",
    create: (options) => devicesPage(options as never),
    good: { sessions },
    required: ["sessions"],
    options: { ...page, loginUrl: ["a string"] },
    slip: ["loginURL", "loginUrl"],
  },
  {
    name: "verifyCsrf",
    create: (options) => verifyCsrf(request, sessionStub(), options as never),
    prefix: "csrf.",
    options: Object.fromEntries(Object.entries(csrfOptions).filter(([name]) => name !== "ignore")),
    slip: ["tokn", "token"],
  },
  ...Object.entries({ expressCsrf, fastifyCsrf, honoCsrf, koaCsrf, nodeCsrf }).map(
    ([name, csrf]): Subject => ({
      name,
      create: (options) => csrf(options as never),
      prefix: "csrf.",
      options: { ...csrfOptions, as: ["a string"] },
      slip: ["ingore", "ignore"],
    }),
  ),
  ...Object.entries({ withCsrf, nextCsrf }).map(
    ([name, csrf]): Subject => ({
      name,
      create: (options) => csrf(handler, options as never),
      prefix: "csrf.",
      options: { ...csrfOptions, formLimit: ["zero", "five"] },
      slip: ["formlimit", "formLimit"],
    }),
  ),
  ...Object.entries({ expressSession, fastifySession, honoSession, koaSession }).map(
    ([name, session]): Subject => ({
      name,
      create: (options) => Reflect.apply(session, undefined, [sessions, options]),
      ...(name === "expressSession" ? { instead: functions } : {}),
      options: { as: ["a string"] },
    }),
  ),
  {
    name: "Flask",
    create: (options) => new Flask(import.meta.url, options as never),
    options: { templateFolder: ["a string"], staticFolder: ["a string"] },
    slip: ["templatefolder", "templateFolder"],
  },
  {
    name: "app.route",
    create: (options) =>
      new Flask(import.meta.url).route("/", options as never, function view() {
        return "";
      }),
    options: { methods: none, endpoint: ["a string"] },
    slip: ["method", "methods"],
  },
  {
    name: "app.config",
    create(options) {
      const app = new Flask(import.meta.url);
      Object.assign(app.config, { SECRET_KEY: SECRET, SESSION_STORE: memoryStore() }, options);
      return app.sessions;
    },
    isOpen: true,
    options: Object.fromEntries(
      Object.entries({
        SECRET_KEY_FALLBACKS: ["an array"],
        SESSION_COOKIE_NAME: none,
        SESSION_COOKIE_DOMAIN: none,
        SESSION_COOKIE_PATH: none,
        SESSION_COOKIE_HTTPONLY: booleans,
        SESSION_COOKIE_SECURE: booleans,
        SESSION_COOKIE_SAMESITE: none,
        SESSION_COOKIE_PARTITIONED: booleans,
        PERMANENT_SESSION_LIFETIME: ["five", "fraction"],
        SESSION_REFRESH_EACH_REQUEST: booleans,
        APPLICATION_ROOT: none,
        SESSION_PATH: none,
        SESSION_OPTIONS: [...objects, "an object that can't be a string"],
        MAX_CONTENT_LENGTH: ["zero", "five", "fraction", "huge", "Infinity"],
        MAX_FORM_MEMORY_SIZE: ["zero", "five", "fraction", "huge", "Infinity"],
        MAX_FORM_PARTS: ["zero", "five", "fraction", "huge", "Infinity"],
        SERVER_NAME: ["a string"],
        PREFERRED_URL_SCHEME: none,
        DEBUG: booleans,
        TESTING: booleans,
      } as Readonly<Record<string, Allowed>>).map(([name, allowed]) => [name, ["null", ...allowed]]),
    ),
    slip: ["SESSION_COOKIE_NMAE", "SESSION_COOKIE_NAME"],
  },
  {
    name: "reportTelemetry",
    create: (options) => reportTelemetry(options as never)(),
    options: { sessions: ["an array"], spans: booleans },
    slip: ["session", "sessions"],
  },
  {
    name: "storeConformance",
    create: (harness) => storeConformance(harness as never),
    good: { createStore: memoryStore, time: "fake" },
    required: ["createStore", "time"],
    options: {
      createStore: functions,
      time: none,
      another: functions,
      outage: functions,
      damage: functions,
      subscribes: booleans,
      keepsSecret: booleans,
      browses: booleans,
      interleavings: ["five"],
      seed: ["zero", "five", "negative"],
      path: strings,
      shortLife: ["five", "fraction"],
      deadline: ["five", "fraction"],
    },
    slip: ["interleaving", "interleavings"],
  },
  {
    name: "sessionCookie",
    create: (options) => sessionCookie(sessions, { a: 1 } as never, options as never),
    options: { owner: ["a string"] },
    slip: ["onwer", "owner"],
  },
];

function sessionStub(): never {
  return { verifyCsrfToken: () => true } as never;
}

/** What a call throws or rejects with; `undefined` when it works. */
async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** @param option The name that the error must have. A part of the option may be named: `"cookie[0]"`, `"cookie.name"`. */
function assertRefused(error: unknown, option: string, what: string): void {
  if (error instanceof SecretError) return;
  assert.ok(error instanceof SessionOptionError, `${what}: ${error === undefined ? "accepted" : String(error)}`);
  const isNamed = error.option === option || [".", "["].some((mark) => error.option.startsWith(option + mark));
  assert.ok(isNamed, `${what}: the error names "${error.option}": ${error.message}`);
  assert.ok(error.message.startsWith(`Option "${error.option}" `), `${what}: ${error.message}`);
  assert.match(error.message, /\. \S.*[.?)\]}]$/s, `${what}: a requirement and a remedy`);
}

for (const subject of subjects) {
  const { name, create, good = {}, options, required = [], prefix = "", instead = [], slip, isOpen } = subject;
  describe(name, () => {
    test("takes options that are right", async () => {
      assert.equal(await errorOf(() => create(good)), undefined);
    });

    for (const [option, allowed] of Object.entries(options)) {
      test(`refuses what ${option} can't be`, async () => {
        for (const [what, value] of Object.entries(WRONG)) {
          const error = await errorOf(() => create({ ...good, [option]: value }));
          if (!allowed.includes(what)) assertRefused(error, prefix + option, `${option}: ${what}`);
          else assert.ok(error === undefined || error instanceof SessionOptionError, `${option}: ${what}: ${error}`);
        }
      });
    }

    for (const option of required) {
      test(`refuses to go without ${option}`, async () => {
        const rest = Object.fromEntries(Object.entries(good).filter(([given]) => given !== option));
        assertRefused(await errorOf(() => create(rest)), prefix + option, `no ${option}`);
      });
    }

    if (isOpen !== true) {
      test("requires the options to be an object", async () => {
        for (const [what, value] of Object.entries(WRONG)) {
          if (objects.includes(what) || what === "an object that can't be a string") continue;
          const error = await errorOf(() => create(value));
          if (instead.includes(what)) assert.equal(error, undefined, what);
          else assertRefused(error, prefix === "" ? "options" : prefix.slice(0, -1), what);
        }
      });

      test("refuses a name that it does not know", async () => {
        assertRefused(await errorOf(() => create({ ...good, noSuchOption: 1 })), `${prefix}noSuchOption`, "unknown");
      });
    }

    if (slip) {
      test(`says that ${slip[1]} was meant by ${slip[0]}`, async () => {
        const error = await errorOf(() => create({ ...good, [slip[0]]: 1 }));
        assertRefused(error, prefix + slip[0], "a slip");
        assert.ok(String(error).includes(`Did you mean "${slip[1]}"?`), String(error));
      });
    }
  });
}

/** Functions that can't be called without an argument, called so. */
const withoutArguments: Readonly<Record<string, (...given: never[]) => unknown>> = {
  createSessions,
  redisStore,
  postgresStore,
  flaskCookieStore,
  flaskSessionRedisStore,
  bridge,
  sessionConsole,
  devicesPage,
  withSession,
  withCsrf,
  nextCsrf,
  expressSession,
  fastifySession,
  honoSession,
  koaSession,
  nodeSession,
  nextSession,
  storeConformance,
  sessionCookie,
  sessionTransaction,
};
for (const [name, create] of Object.entries(withoutArguments)) {
  test(`${name} without an argument says what is missing`, async () => {
    const error = await errorOf(() => Reflect.apply(create, undefined, []));
    assert.ok(error instanceof SessionOptionError || error instanceof SecretError, String(error));
  });
}

describe("arguments beside options", () => {
  const calls: Readonly<Record<string, [option: string, allowed: Allowed, call: (value: unknown) => unknown]>> = {
    "the store of bridge": ["store", none, (store) => bridge(store as never)],
    "the handler of withSession": ["handler", functions, (given) => withSession(sessions, given as never)],
    "the handler of withCsrf": ["handler", functions, (given) => withCsrf(given as never)],
    "the listener of node's session": ["listener", functions, (given) => nodeSession(sessions, given as never)],
    "the start of fakeClock": [
      "start",
      ["zero", "five", "negative", "fraction", "huge"],
      (given) => fakeClock(given as never),
    ],
    "the manager of sessionCookie": ["sessions", none, (given) => sessionCookie(given as never, {} as never)],
    "the data of sessionCookie": ["data", none, (given) => sessionCookie(sessions, given as never, { owner: "ada" })],
    "the change of sessionTransaction": [
      "change",
      functions,
      (given) => sessionTransaction(sessions, undefined, given as never),
    ],
    "the header of sessionTransaction": [
      "cookieHeader",
      ["null", ...strings],
      (given) => sessionTransaction(sessions, given as never, () => {}),
    ],
    "the module of Flask": ["importUrl", none, (given) => new Flask(given as never)],
  };
  for (const [name, [option, allowed, call]] of Object.entries(calls)) {
    test(`${name} is checked`, async () => {
      for (const [what, value] of Object.entries(WRONG)) {
        if (allowed.includes(what)) continue;
        if (option === "data" && [...objects, "an object that can't be a string"].includes(what)) continue;
        assertRefused(await errorOf(() => call(value)), option, what);
      }
    });
  }
});

test("an error never quotes what may be a secret or an address", () => {
  const secret = "redis://user:correct-horse@redis.example";
  for (const create of [
    () => createSessions({ secret: SECRET, store: secret as never }),
    () => createSessions({ secret: SECRET, encryption: secret as never }),
    () => createSessions({ secret: SECRET, encryption: { keys: secret as never } }),
    () => createSessions(secret as never),
    () => redisStore({ client: secret as never }),
    () => redisStore(secret as never),
    () => postgresStore({ pool: secret as never }),
    () => postgresStore(secret as never),
    () => flaskCookieStore({ secret: SECRET, fallbacks: secret as never }),
    () => dropIn({ secret: SECRET, store: secret as never }),
  ]) {
    assert.throws(create, (error) => error instanceof SessionOptionError && !error.message.includes("correct-horse"));
  }
});
