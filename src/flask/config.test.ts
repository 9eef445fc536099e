// The session under Flask's settings: secrets, the cookie, lifetimes, where it is kept.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { createApp, visitorOf } from "../../test/fixtures/flask/helpers.ts";
import { generateSecret, memoryStore, SecretError, SessionOptionError } from "../index.ts";
import { type Flask, request, session } from "./index.ts";

test("weak and published secrets are refused", () => {
  for (const secret of ["fkdjsafjdkfdlkjfadskjfadskljdsfklj", "dev", "any random string", "a".repeat(40)]) {
    const app = createApp();
    app.secretKey = secret;
    assert.equal(app.config.SECRET_KEY, secret);
    assert.throws(() => app.sessions, SecretError);
  }
});

function cookieApp(config: Flask["config"]): Flask {
  const app = createApp();
  Object.assign(app.config, config);
  app.get("/", function view() {
    session.permanent = request.args.get("permanent") === "1";
    session.visits = Number(session.visits ?? 0) + 1;
    return `${session.visits} ${session.createdAt.getTime()} ${session.expiresAt.getTime()}`;
  });
  return app;
}

async function cookieOf(config: Flask["config"], query = ""): Promise<string> {
  const [cookie = ""] = (await cookieApp(config).request(`/${query}`)).headers.getSetCookie();
  return cookie.replace(/=[\w.-]+/, "=…");
}

test("the cookie follows Flask's settings", async () => {
  assert.equal(await cookieOf({}), "session=…; Path=/; HttpOnly; SameSite=Lax");
  assert.equal(
    await cookieOf({
      SESSION_COOKIE_NAME: "sid",
      SESSION_COOKIE_DOMAIN: "example.com",
      SESSION_COOKIE_PATH: "/app",
      SESSION_COOKIE_HTTPONLY: false,
      SESSION_COOKIE_SECURE: true,
      SESSION_COOKIE_SAMESITE: "None",
      SESSION_COOKIE_PARTITIONED: true,
    }),
    "sid=…; Domain=example.com; Path=/app; Secure; Partitioned; SameSite=None",
  );
  assert.match(await cookieOf({ SESSION_COOKIE_SECURE: true }), /^__Host-Http-session=/);
  assert.match(await cookieOf({}, "?permanent=1"), /Max-Age=(86400|86399);/);
  assert.match(await cookieOf({ PERMANENT_SESSION_LIFETIME: 3600 }, "?permanent=1"), /Max-Age=(3600|3599);/);
  assert.match(await cookieOf({ PERMANENT_SESSION_LIFETIME: "2h" }, "?permanent=1"), /Max-Age=(7200|7199);/);
  assert.match(await cookieOf({ SESSION_OPTIONS: { permanent: true, idleTimeout: "3h" } }), /SameSite/);
});

test("the lifetime is seconds, a text or a timedelta's parts, and app.permanentSessionLifetime is the same setting", async () => {
  for (const lifetime of [7200, "2h", { hours: 2 }, { hours: 1, minutes: 59, seconds: 60 }] as const) {
    const app = cookieApp({});
    app.permanentSessionLifetime = lifetime;
    assert.equal(app.config.PERMANENT_SESSION_LIFETIME, lifetime);
    assert.equal(app.permanentSessionLifetime, lifetime);
    const [cookie = ""] = (await app.request("/?permanent=1")).headers.getSetCookie();
    assert.match(cookie, /Max-Age=(7200|7199);/);
  }
  assert.equal(cookieApp({}).permanentSessionLifetime, undefined);
});

test("APPLICATION_ROOT is the cookie's path unless SESSION_COOKIE_PATH is set; a domain's first dot is dropped", async () => {
  assert.match(await cookieOf({ APPLICATION_ROOT: "/app" }), /; Path=\/app;/);
  assert.match(await cookieOf({ APPLICATION_ROOT: "/app", SESSION_COOKIE_PATH: "/shop" }), /; Path=\/shop;/);
  assert.match(await cookieOf({ SESSION_COOKIE_DOMAIN: ".example.com" }), /; Domain=example.com;/);
  assert.match(await cookieOf({ SESSION_COOKIE_PARTITIONED: true }), /^__Host-Http-session=.*; Secure; Partitioned;/);
});

test("a lifetime begins anew with each visit, or with each change alone, and 31 days or itself end it in all", async () => {
  const day = 24 * 60 * 60 * 1000;
  const visit = async (config: Flask["config"], after: number, path = "/"): Promise<string> => {
    let now = Date.UTC(2030, 0, 1);
    const clock = (): number => now;
    const app = cookieApp({ ...config, SESSION_STORE: memoryStore({ clock }), SESSION_OPTIONS: { clock } });
    app.get("/read", function read() {
      return String(session.visits);
    });
    const visitor = visitorOf(app);
    await visitor.get("/");
    now += after;
    for (let i = 0; i < 3; i++, now += after) await visitor.get(path);
    return (await (await visitor.get("/")).text()).split(" ")[0] ?? "";
  };
  const lifetime = { PERMANENT_SESSION_LIFETIME: 40 * 24 * 60 * 60 };
  assert.equal(await visit(lifetime, 9 * day), "5");
  assert.equal(await visit(lifetime, 11 * day), "1", "the lifetime is the absolute limit too");
  assert.equal(await visit({ PERMANENT_SESSION_LIFETIME: "2d" }, 1.5 * day), "5");
  assert.equal(await visit({ PERMANENT_SESSION_LIFETIME: "2d" }, 1.5 * day, "/read"), "2");
  const still = { PERMANENT_SESSION_LIFETIME: "2d", SESSION_REFRESH_EACH_REQUEST: false } as const;
  assert.equal(await visit(still, 1.5 * day), "5");
  assert.equal(await visit(still, 1.5 * day, "/read"), "1", "reading is no activity");
  assert.equal(await visit({ SESSION_REFRESH_EACH_REQUEST: false }, 7 * day, "/read"), "2", "Flask's 31 days");
});

test("older keys verify, and never sign", async () => {
  const [oldKey, newKey] = [generateSecret(), generateSecret()];
  const store = memoryStore();
  const withKeys = (SECRET_KEY: string, SECRET_KEY_FALLBACKS: string[] = []): Flask =>
    cookieApp({ SECRET_KEY, SECRET_KEY_FALLBACKS, SESSION_STORE: store });
  const cookie = (await withKeys(oldKey).request("/")).headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const ask = async (app: Flask): Promise<string | undefined> =>
    (await (await app.request("/", { headers: { Cookie: cookie } })).text()).split(" ")[0];
  assert.equal(await ask(withKeys(newKey, [oldKey])), "2");
  assert.equal(await ask(withKeys(newKey)), "1");
  const renewed = (await withKeys(newKey, [oldKey]).request("/")).headers.getSetCookie()[0] ?? "";
  assert.equal(
    (await withKeys(oldKey).request("/", { headers: { Cookie: renewed } })).headers.getSetCookie().length,
    1,
  );
});

test("settings that are unknown or wrong are refused by name", () => {
  const wrong = { SESSION_COOKIE_SAMESITE: "Sometimes", SESSION_REFRESH_EACH_REQUEST: 1 } as unknown as Flask["config"];
  for (const [config, message] of [
    [
      { SESSION_COOKIE_NMAE: "x" },
      /"SESSION_COOKIE_NMAE" is unknown. Did you mean "SESSION_COOKIE_NAME"\? The names are/,
    ],
    [{ SESSION_TYPE: "redis" }, /"SESSION_TYPE" does nothing here. It is Flask-Session's. .*SESSION_STORE/],
    [{ SESSION_KEY_PREFIX: "s:" }, /Give the prefix to the store/],
    [{ SESSION_PERMANENT: true }, /SESSION_OPTIONS: { permanent: true }/],
    [{ PERMANENT_SESSION_LIFETIMES: 1 }, /"PERMANENT_SESSION_LIFETIMES" is unknown/],
    [{ PERMANENT_SESSION_LIFETIME: "3 days" }, /must be a number of seconds.*It is "3 days"/],
    [{ PERMANENT_SESSION_LIFETIME: { day: 3 } }, /must be a number of seconds.*It is an object/],
    [{ PERMANENT_SESSION_LIFETIME: {} }, /must be a number of seconds.*It is an object/],
    [{ TRUSTED_HOSTS: ["example.com"] }, /"TRUSTED_HOSTS" does nothing here. Check request.host/],
    [{ SESSION_COOKIE_SAMESITE: "None" }, /sameSite" is "none" without secure/],
    [{ PERMANENT_SESSION_LIFETIME: -1 }, /"PERMANENT_SESSION_LIFETIME" must be a number of seconds.*It is -1/],
    [
      { SESSION_COOKIE_SAMESITE: wrong.SESSION_COOKIE_SAMESITE },
      /"SESSION_COOKIE_SAMESITE" must be .*It is "Sometimes"/,
    ],
    [
      { SESSION_REFRESH_EACH_REQUEST: wrong.SESSION_REFRESH_EACH_REQUEST },
      /"SESSION_REFRESH_EACH_REQUEST" must be true or false/,
    ],
    [{ SESSION_PATH: "/tmp/x" }, /"SESSION_PATH" must not be set beside SESSION_STORE/],
  ] as const) {
    assert.throws(
      () => cookieApp(config as Flask["config"]).sessions,
      (error) => error instanceof SessionOptionError && message.test(error.message),
    );
  }
});

test("names of the app's own are allowed, as are Flask's that ask for nothing, and None in JavaScript's words", () => {
  for (const config of [
    { MY_OWN: 1, SESSION_BANNER: "welcome", session_type: "x" },
    { TRUSTED_HOSTS: null, USE_X_SENDFILE: false, PROPAGATE_EXCEPTIONS: null, SESSION_TYPE: null },
    { TEMPLATES_AUTO_RELOAD: true, MAX_COOKIE_SIZE: 4093, PROVIDE_AUTOMATIC_OPTIONS: true },
    {
      SECRET_KEY_FALLBACKS: null,
      SESSION_COOKIE_DOMAIN: null,
      SESSION_COOKIE_PATH: null,
      SESSION_COOKIE_SAMESITE: null,
      SESSION_COOKIE_NAME: null,
      PERMANENT_SESSION_LIFETIME: null,
      SESSION_REFRESH_EACH_REQUEST: null,
      APPLICATION_ROOT: null,
      SESSION_OPTIONS: null,
    },
  ]) {
    assert.ok(cookieApp(config).sessions);
  }
});

test("a setting that does nothing here is an error at the first request, with a secret or without", async () => {
  for (const SECRET_KEY of [generateSecret(), undefined]) {
    const app = cookieApp({ SECRET_KEY, TRUSTED_HOSTS: ["example.com"] });
    for (let i = 0; i < 2; i++) await assert.rejects(app.request("/"), SessionOptionError);
  }
});

test("SESSION_PATH is the directory of the embedded store, which outlives the app", async (t) => {
  const folder = path.join(await temporary(t), "sessions");
  const SECRET_KEY = generateSecret();
  const config = { SECRET_KEY, SESSION_STORE: undefined, SESSION_PATH: folder };
  assert.throws(() => cookieApp({ ...config, SECRET_KEY: "short" }).sessions, SecretError);
  await assert.rejects(stat(folder), "what is refused leaves nothing behind");
  const first = cookieApp(config);
  const cookie = (await first.request("/")).headers.getSetCookie()[0]?.split(";")[0] ?? "";
  await first.close();
  assert.ok((await readdir(folder)).length > 0);
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  const second = cookieApp(config);
  t.after(() => second.close());
  assert.match(await (await second.request("/", { headers: { Cookie: cookie } })).text(), /^2 /);
});

async function temporary(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "coatcheck-flask-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
