import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createTestManager, SECRET } from "../../../test/fixtures/manager.ts";
import { devicesPage, sessionConsole } from "../../console/index.ts";
import { SecretError } from "../../core/errors.ts";
import { CONTROLS } from "../../core/session/controls.ts";
import { memoryStore } from "../../stores/memory/index.ts";
import { ReadOnlySessionError } from "./index.ts";
import { createNextSession, type NextSession } from "./next-session.ts";
import { readOnly } from "./read-only.ts";
import type { NextCookies, NextHeaders } from "./request.ts";

interface Data {
  [key: string]: unknown;
}

/** What Next.js keeps of one request: the cookies, as they are and as they are set. */
function createRequest(cookie: string | undefined, { isRendering = false, headers = {} } = {}) {
  const values = new Map(cookie ? [cookie.split("=") as [string, string]] : []);
  const set: { name: string; value: string; attributes: object }[] = [];
  const refuse = (): never => {
    throw new Error("Cookies can only be modified in a Server Action or Route Handler.");
  };
  const cookies: NextCookies = {
    get: (name) => {
      const value = values.get(name);
      return value === undefined ? undefined : { value };
    },
    set: isRendering
      ? refuse
      : (name, value, attributes) => {
          values.set(name, value);
          set.push({ name, value, attributes });
        },
    delete: isRendering ? refuse : () => assert.fail("It deletes no cookie by itself"),
  };
  const next: NextHeaders = {
    cookies: async () => cookies,
    headers: async () => new Headers({ ...(cookie ? { cookie } : {}), ...headers }),
  };
  return { set, next };
}

/** An app whose requests come one after another, each with the cookie of the one before. */
function createApp(options: Parameters<typeof createTestManager>[0] = {}) {
  const manager = createTestManager(options);
  let request = createRequest(undefined);
  const app: NextSession<Data> = createNextSession(manager.sessions, async () => request.next);
  const begin = (cookie: string | undefined, how?: Parameters<typeof createRequest>[1]) => {
    request = createRequest(cookie, how);
    return request;
  };
  return { ...manager, app, begin };
}

async function logIn(
  { app, begin }: ReturnType<typeof createApp>,
  data: Data = { username: "admin" },
): Promise<string> {
  const { set } = begin(undefined);
  await app.updateSession((session) => session.update(data));
  return `${set[0]?.name}=${set[0]?.value}`;
}

const redirect = (): never => {
  throw Object.assign(new Error("NEXT_REDIRECT"), { digest: "NEXT_REDIRECT;replace;/;307;" });
};

describe("a server action", () => {
  test("stores what it writes, and sets the cookie with its attributes", async () => {
    const { app, begin, calls } = createApp();
    const { set } = begin(undefined);
    const result = await app.updateSession((session) => {
      session.username = "admin";
      return 1;
    });
    assert.equal(result, 1);
    assert.equal(calls.create, 1);
    assert.equal(set[0]?.name, "session");
    assert.match(set[0]?.value ?? "", /^[\w.-]+$/, "Next encodes nothing of it");
    assert.deepEqual({ ...set[0]?.attributes }, { path: "/", httpOnly: true, sameSite: "lax" });
  });

  test("sets a Secure cookie where the request came by https", async () => {
    const { app, begin } = createApp();
    const { set } = begin(undefined, { headers: { "x-forwarded-proto": "https" } });
    await app.updateSession((session) => session.login("admin"));
    assert.equal(Reflect.get(set[0]?.attributes ?? {}, "secure"), true);
  });

  test("that changes nothing stores nothing and sets no cookie", async () => {
    const app = createApp();
    const cookie = await logIn(app);
    const { set } = app.begin(cookie);
    assert.equal(await app.app.updateSession((session) => session.username), "admin");
    assert.deepEqual([set, app.calls.commit], [[], undefined]);
  });

  test("that redirects is stored before", async () => {
    const { app, begin } = createApp();
    const { set } = begin(undefined);
    const work = app.updateSession((session) => {
      session.username = "admin";
      redirect();
    });
    await assert.rejects(work, /NEXT_REDIRECT/);
    assert.equal(set.length, 1);
  });

  test("that fails stores nothing", async () => {
    const { app, begin, calls } = createApp();
    const { set } = begin(undefined);
    const work = app.updateSession((session) => {
      session.username = "admin";
      throw new Error("no");
    });
    await assert.rejects(work, /^Error: no$/);
    assert.deepEqual([set, calls.create], [[], undefined]);
  });

  test("that fails after a login sets the cookie of the new ID", async () => {
    const { app, begin } = createApp();
    const { set } = begin(undefined);
    const work = app.updateSession(async (session) => {
      await session.login("admin");
      throw new Error("no");
    });
    await assert.rejects(work, /^Error: no$/);
    assert.equal(set.length, 1);
    begin(`${set[0]?.name}=${set[0]?.value}`);
    assert.equal((await app.getSession()).owner, "admin");
  });

  test("is followed by a page that sees the session", async () => {
    const { app } = createApp();
    await app.updateSession((session) => session.update({ username: "admin" }));
    assert.equal((await app.getSession()).username, "admin");
    await app.updateSession((session) => session.logout());
    assert.equal((await app.getSession()).username, undefined);
  });
});

describe("a page", () => {
  test("reads the session as a dictionary", async () => {
    const app = createApp();
    app.begin(await logIn(app, { username: "admin", cart: ["hat"] }), { isRendering: true });
    const session = await app.app.getSession();
    assert.equal(session.get("username"), "admin");
    assert.deepEqual({ ...session }, { username: "admin", cart: ["hat"] });
    assert.equal(JSON.stringify(session), '{"username":"admin","cart":["hat"]}');
    assert.deepEqual(["username" in session, session.isNew], [true, false]);
  });

  test("can't write: each way to do so says what to do instead", async () => {
    const app = createApp();
    app.begin(await logIn(app, { username: "admin", cart: ["hat"], seen: new Map() }), { isRendering: true });
    const session = (await app.app.getSession()) as never as Record<string, never> & {
      cart: string[];
      seen: Map<number, number>;
    };
    const writes: (() => unknown)[] = [
      () => Reflect.set(session, "username", "x"),
      () => Reflect.deleteProperty(session, "username"),
      () => Reflect.defineProperty(session, "username", { value: 1 }),
      () => Reflect.set(session, "permanent", true),
      () => Reflect.apply(Reflect.get(session, "login"), session, ["x"]),
      () => Reflect.apply(Reflect.get(session, "clear"), session, []),
    ];
    for (const write of writes) {
      assert.throws(write, (error) => error instanceof ReadOnlySessionError && /updateSession/.test(error.message));
    }
    assert.throws(() => session.cart.push("x"), TypeError);
    session.seen.set(1, 1);
    await new Promise(setImmediate);
    assert.equal(app.calls["commit"], undefined);
    await assert.rejects(
      app.app.updateSession(() => assert.fail("It is not even tried")),
      ReadOnlySessionError,
    );
  });

  test("keeps a session alive by reading it", async () => {
    const app = createApp({ idleTimeout: "1h" });
    const cookie = await logIn(app);
    for (let i = 0; i < 3; i++) {
      app.clock.advance(40 * 60_000);
      app.begin(cookie, { isRendering: true });
      assert.equal((await app.app.getSession()).username, "admin");
      await new Promise(setImmediate);
    }
  });

  test("gets the session of a request that is handed over: in proxy.ts and in getServerSideProps", async () => {
    const app = createApp();
    const cookie = await logIn(app);
    app.begin(undefined);
    const request = new Request("http://localhost/", { headers: { cookie } });
    assert.equal((await app.app.getSession(request)).username, "admin");
    assert.equal((await app.app.getSession({ headers: { cookie } })).username, "admin");
    assert.equal((await app.app.getSession({ headers: {} })).username, undefined);
  });
});

describe("a route handler", () => {
  test("gets the request, the session and the context, and its response the cookie", async () => {
    const { app } = createApp();
    const handler = app.withSession((_request, session, context: { params: string }) => {
      session.username = context.params;
      return Response.redirect("http://localhost/", 303);
    });
    const response = await handler(new Request("https://localhost/"), { params: "admin" });
    assert.match(response.headers.get("set-cookie") ?? "", /^session=.*; Secure/);
    assert.equal(response.headers.get("cache-control"), "no-store");
  });

  test("that redirects by throwing is stored, and its cookie set", async () => {
    const { app, begin } = createApp();
    const { set } = begin(undefined);
    const handler = app.withSession(async (_request, session) => {
      await session.login("admin");
      return redirect();
    });
    await assert.rejects(handler(new Request("http://localhost/")), /NEXT_REDIRECT/);
    assert.equal(set.length, 1);
  });

  test("is answered 503 when the store is out", async () => {
    const app = createApp();
    const cookie = await logIn(app);
    await app.store.close();
    app.store.load = () => Promise.reject(new Error("down"));
    const handler = app.app.withSession(() => new Response());
    const response = await handler(new Request("http://localhost/", { headers: { cookie } }));
    assert.equal(response.status, 503);
  });
});

test("in next build, no secret is needed until a session is asked for", async (t) => {
  process.env["NEXT_PHASE"] = "phase-production-build";
  t.after(() => delete process.env["NEXT_PHASE"]);
  const { next } = createRequest(undefined);
  const app = createNextSession<Data>({ secret: "" }, async () => next);
  await assert.rejects(app.getSession(), /There is no secret/);
  delete process.env["NEXT_PHASE"];
  assert.throws(() => createNextSession<Data>({ secret: "", store: memoryStore() }, async () => next), /no secret/);
  createNextSession<Data>({ secret: SECRET, store: memoryStore() }, async () => next);
});

test("every control that writes is refused on a session that can only be read", async () => {
  const { sessions } = createTestManager();
  const { session } = await sessions.open(undefined);
  const seen = readOnly(session);
  for (const [name, effect] of Object.entries(CONTROLS)) {
    if (effect === "reads") continue;
    assert.throws(
      () => Reflect.apply(Reflect.get(seen, name) as () => unknown, undefined, ["a", 1]),
      ReadOnlySessionError,
      name,
    );
  }
  assert.deepEqual({ ...session }, {});
});

describe("the manager of an app in several bundles", () => {
  const options = (store = memoryStore(), name = "session") => ({ secret: SECRET, store, cookie: { name } });

  async function logInBy(app: NextSession<Data>): Promise<void> {
    const active = await app.sessions.open(undefined);
    await active.session.login("ada");
    await active.finish(() => false);
  }

  test("hears the events of all managers of its cookie in the process, each once", async (t) => {
    const store = memoryStore();
    const { next } = createRequest(undefined);
    const [pages, routes] = [0, 1].map(() => createNextSession<Data>(options(store), async () => next));
    const other = createNextSession<Data>(options(memoryStore(), "other"), async () => next);
    assert(pages && routes);
    const heard: string[] = [];
    const stop = routes.sessions.onEvent(({ type }) => heard.push(type));
    t.after(stop);

    await logInBy(pages);
    await logInBy(other);
    assert.deepEqual(heard, ["created", "login"]);
    await logInBy(routes);
    assert.deepEqual(heard, ["created", "login", "created", "login"]);
    stop();
    await logInBy(pages);
    assert.equal(heard.length, 4);
  });

  test("records for the console once, and what was recorded is there for a bundle that is loaded later", async (t) => {
    const store = memoryStore();
    const { next } = createRequest(undefined);
    const [pages, routes] = [0, 1].map(() => createNextSession<Data>(options(store), async () => next));
    assert(pages && routes);
    const first = sessionConsole({ sessions: pages.sessions, authorize: () => true });
    await logInBy(pages);
    const later = sessionConsole({ sessions: routes.sessions, authorize: () => true });
    t.after(later.close);
    first.close();
    await logInBy(routes);
    const page = await (await later.fetch(new Request("http://localhost/sessions"))).text();
    assert.match(page, /<dt>Logins, last hour<\/dt><dd>2</);
  });

  test("is not made by what is set up while Next builds, without a secret; listeners hear later", async (t) => {
    process.env["NEXT_PHASE"] = "phase-production-build";
    t.after(() => delete process.env["NEXT_PHASE"]);
    const { next } = createRequest(undefined);
    const withoutSecret = createNextSession<Data>({ secret: undefined }, async () => next);
    const admin = sessionConsole({ sessions: withoutSecret.sessions, authorize: () => true });
    const devices = devicesPage({ sessions: withoutSecret.sessions });
    admin.close();
    devices.close();
    assert.throws(() => withoutSecret.sessions.cookieName, SecretError);

    const app = createNextSession<Data>(options(), async () => next);
    const heard: string[] = [];
    t.after(app.sessions.onEvent(({ type }) => heard.push(type)));
    const ended: string[] = [];
    app.sessions.onEvent(({ type }) => ended.push(type))();
    await logInBy(app);
    assert.deepEqual([heard, ended], [["created", "login"], []]);
  });
});
