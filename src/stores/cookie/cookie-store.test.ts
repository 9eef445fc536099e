// Sessions in the cookie, as a manager and its visitors see them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type AnyData, createTestManager, SECRET, type TestManager } from "../../../test/fixtures/manager.ts";
import { createVisitor, type Visitor } from "../../../test/fixtures/visitor.ts";
import {
  CookieTooLargeError,
  HeadersSentError,
  SecretError,
  SessionGoneError,
  SessionOptionError,
  UnsupportedOperationError,
} from "../../core/errors.ts";
import { createManager } from "../../core/manager.ts";
import type { SessionOptions } from "../../core/options.ts";
import { createIdSigner, generateId } from "../../core/request/session-id.ts";
import { deriveKeys, generateSecret } from "../../core/secrets.ts";
import { sessionCookie } from "../../testing/session-cookie.ts";
import { memoryStore } from "../memory/index.ts";
import { cookieStore } from "./index.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A manager with a store of its own, as each process of an app has it. */
function start(options: Partial<SessionOptions<AnyData>> = {}): TestManager {
  return createTestManager({ store: cookieStore(), ...options });
}

/** Two processes of one app, by one clock. */
function startTwo(options: Partial<SessionOptions<AnyData>> = {}): [TestManager, TestManager] {
  const first = start(options);
  return [first, start({ clock: first.clock, ...options })];
}

/** The data of a session, read without touching the visitor's cookie. */
async function dataOf(manager: TestManager, cookie: string | undefined): Promise<AnyData> {
  return createVisitor(manager.sessions, cookie).request((session) => ({ ...session }));
}

const read = (session: AnyData): AnyData => ({ ...session });

test("what one request wrote, the next one reads, on another process and after a restart too", async () => {
  const [here, there] = startTwo();
  const visitor = createVisitor(here.sessions);
  const when = new Date(0);
  await visitor.request((session) => {
    session["username"] = "ada";
    session["seen"] = new Map([["a", when]]);
    session.flash("Welcome", "greeting");
  });
  assert.deepEqual(await dataOf(there, visitor.cookie), { username: "ada", seen: new Map([["a", when]]) });
  await createVisitor(there.sessions, visitor.cookie).request((session) => {
    assert.deepEqual(session.takeFlashes(), [{ category: "greeting", message: "Welcome" }]);
    assert.equal(session.isNew, false);
  });
});

test("a session that is only read sets no cookie, an empty one neither, and one that is emptied clears it", async () => {
  const { sessions } = start();
  const visitor = createVisitor(sessions);
  await visitor.request(read);
  assert.deepEqual(visitor.duties, { setCookie: undefined, varyOnCookie: true });
  await visitor.request((session) => {
    session["cart"] = [1];
  });
  const { cookie } = visitor;
  await visitor.request(read);
  assert.deepEqual([visitor.cookie, visitor.duties.setCookie], [cookie, undefined]);
  await visitor.request((session) => (session["cart"] as number[]).push(2));
  assert.notEqual(visitor.cookie, cookie);
  await visitor.request((session) => {
    assert.deepEqual(session["cart"], [1, 2]);
    delete session["cart"];
  });
  assert.equal(visitor.cookie, undefined);
});

test("S27 the cookie shows nothing of the session, and the session and its events nothing of the cookie", async () => {
  const { sessions, events } = start();
  const visitor = createVisitor(sessions);
  let shown = "";
  await visitor.request(async (session) => {
    session["username"] = "ada-lovelace";
    await session.login("owner-0815");
    shown = session.id + session.key;
  });
  const value = visitor.cookie?.split("=")[1] ?? "";
  const bytes = Buffer.from(value, "base64url");
  for (const part of ["username", "ada-lovelace", "owner-0815"]) assert.ok(!bytes.includes(part), part);
  assert.ok(!JSON.stringify(events).includes(value.slice(0, 20)) && !shown.includes(value.slice(0, 20)));
});

test("S2 a cookie of another secret, a made-up one and a signed ID of a store on the server open nothing", async () => {
  const here = start();
  const foreign = start({ secret: generateSecret() });
  const { cookie } = await visitorWith(foreign, { role: "admin" });
  const signedId = createIdSigner("session", deriveKeys(SECRET)).sign(generateId());
  for (const bad of [cookie ?? "", `session=${signedId}`, `session=${"A".repeat(400)}`, "session=", "session=%00"]) {
    const visitor = createVisitor(here.sessions, bad);
    assert.deepEqual(await visitor.request(read), {}, bad.slice(0, 40));
    assert.equal(visitor.cookie, bad);
  }
  const reasons = here.events.map((event) => (event.type === "refused" ? event.reason : event.type));
  assert.deepEqual(reasons, ["signature", "malformed", "signature", "malformed", "malformed"]);
});

async function visitorWith(manager: TestManager, data: AnyData, owner?: string): Promise<Visitor<AnyData>> {
  return createVisitor(manager.sessions, await sessionCookie(manager.sessions, data, { owner }));
}

test("S4 a session that has ended is not adopted: the next write gets another ID", async () => {
  const { sessions } = start();
  const visitor = await visitorWith(start(), { a: 1 });
  const mine = createVisitor(sessions, visitor.cookie);
  const before = await mine.request((session) => session.id);
  const replayed = mine.cookie;
  await mine.request((session) => session.destroy());
  const again = createVisitor(sessions, replayed);
  await again.request((session) => {
    session["b"] = 2;
  });
  assert.deepEqual(await again.request((session) => [session.id === before, { ...session }]), [false, { b: 2 }]);
});

test("S5 login and regenerate change ID and key, keep the data, and the old cookie does not see the login", async () => {
  const here = start();
  const visitor = await visitorWith(here, { cart: [1] });
  const anonymous = visitor.cookie;
  const [id, key] = await visitor.request((session) => [session.id, session.key]);
  await visitor.request((session) => session.login("ada"));
  await visitor.request((session) => {
    assert.deepEqual([session.owner, { ...session }], ["ada", { cart: [1] }]);
    assert.ok(session.id !== id && session.key !== key);
    assert.equal(session.authenticatedAt?.getTime(), here.clock());
  });
  assert.deepEqual(await dataOf(here, anonymous), {});
  assert.equal(await createVisitor(here.sessions, anonymous).request((session) => session.owner), undefined);
  // Where nobody knows of the login, it is the session that it was.
  const elsewhere = start({ clock: here.clock });
  assert.equal(await createVisitor(elsewhere.sessions, anonymous).request((session) => session.owner), undefined);
});

test("S9 a logout clears the cookie and ends its copies in this process, and in no other: so the docs say", async () => {
  const [here, there] = startTwo();
  const visitor = await visitorWith(here, { a: 1 }, "ada");
  const copied = visitor.cookie;
  await visitor.request((session) => session.logout());
  assert.equal(visitor.cookie, undefined);
  assert.match(visitor.duties.setCookie ?? "", /^session=; Max-Age=0/);
  assert.deepEqual(await dataOf(here, copied), {});
  assert.deepEqual(await dataOf(there, copied), { a: 1 });
  assert.deepEqual(cookieStore().unkeptLaws, [1, 2, 3, 5]);
});

test("S7 one millisecond past the idle limit the cookie opens nothing, whatever Max-Age it had", async () => {
  for (const permanent of [false, true]) {
    const { clock, ...here } = start({ idleTimeout: "30m", permanent });
    const visitor = await visitorWith({ clock, ...here }, { a: 1 });
    clock.advance(30 * MINUTE - 1);
    assert.deepEqual(await dataOf(start({ clock }), visitor.cookie), { a: 1 });
    clock.advance(1);
    assert.deepEqual(await dataOf({ clock, ...here }, visitor.cookie), {});
    assert.deepEqual(await dataOf(start({ clock }), visitor.cookie), {});
  }
});

test("activity issues the cookie again once per tenth of the idle limit, a minute at most", async () => {
  const { clock, sessions } = start({ idleTimeout: "30m", permanent: true });
  const visitor = createVisitor(sessions, await sessionCookie(sessions, { a: 1 }));
  let issued = 0;
  for (let second = 0; second < 2 * 60 * 60; second += 10) {
    clock.advance(10_000);
    assert.deepEqual(await visitor.request(read), { a: 1 });
    if (visitor.duties.setCookie !== undefined) issued++;
  }
  assert.equal(issued, 120);
  assert.match(visitor.duties.setCookie ?? "", /Max-Age=1800/);
});

test("a cookie that another process has touched lives as long as it says", async () => {
  const [here, there] = startTwo({ idleTimeout: "30m" });
  const visitor = await visitorWith(here, { a: 1 });
  const { cookie: older } = visitor;
  assert.deepEqual(await dataOf(there, older), { a: 1 });
  here.clock.advance(20 * MINUTE);
  await visitor.request(read);
  assert.notEqual(visitor.cookie, older);
  here.clock.advance(20 * MINUTE);
  assert.deepEqual(await dataOf(there, visitor.cookie), { a: 1 }, "the cookie is newer than what is known");
  // That answer, with the touch, was lost: the browser gets the newest cookie with the next one.
  const again = createVisitor(there.sessions, visitor.cookie);
  await again.request(read);
  assert.notEqual(again.cookie, visitor.cookie);
  const last = again.cookie;
  await again.request(read);
  assert.equal(again.cookie, last);
});

test("S8 neither activity nor a new ID extends the absolute limit; a login begins another one", async () => {
  const { clock, sessions } = start({ idleTimeout: "1d", absoluteTimeout: "7d" });
  const visitor = createVisitor(sessions, await sessionCookie(sessions, { a: 1 }));
  const began = clock();
  while (clock() + DAY / 2 < began + 7 * DAY) {
    clock.advance(DAY / 2);
    await visitor.request((session) => session.regenerate());
    assert.deepEqual(await visitor.request(read), { a: 1 });
  }
  const { cookie } = visitor;
  clock.set(began + 7 * DAY);
  assert.deepEqual(await visitor.request(read), {});
  clock.set(began + 7 * DAY - 1);
  const loggedIn = createVisitor(sessions, cookie);
  await loggedIn.request((session) => session.login("ada"));
  clock.advance(DAY - 1);
  assert.deepEqual(await loggedIn.request(read), { a: 1 });
});

test("S14 freshness is known: the login's time is in the cookie, where nobody can change it", async () => {
  const [here, there] = startTwo();
  const visitor = await visitorWith(here, {}, "ada");
  here.clock.advance(10 * MINUTE);
  const elsewhere = createVisitor(there.sessions, visitor.cookie);
  await elsewhere.request((session) => session.requireFresh("10m"));
  here.clock.advance(1);
  await assert.rejects(
    elsewhere.request((session) => session.requireFresh("10m")),
    { code: "FRESH_LOGIN_REQUIRED" },
  );
});

test("S20 a cookie of one name is nothing to another manager, with one secret, and with one store too", async () => {
  const store = cookieStore();
  for (const [shopStore, adminStore] of [
    [store, store],
    [cookieStore(), cookieStore()],
  ]) {
    const shop = start({ store: shopStore, cookie: { name: "shop" } });
    const admin = start({ store: adminStore, cookie: { name: "admin" } });
    const { cookie } = await visitorWith(shop, { a: 1 }, "ada");
    assert.deepEqual(await dataOf(shop, cookie), { a: 1 });
    assert.deepEqual(await dataOf(admin, cookie?.replace("shop=", "admin=")), {});
    assert.deepEqual(admin.events, [{ type: "refused", reason: "signature" }]);
  }
});

test("S19 of several cookies of one name, a planted one neither logs out nor in", async () => {
  const here = start();
  const victim = await visitorWith(here, { mine: true }, "ada");
  const planted = await visitorWith(here, { planted: true });
  for (const header of [`${planted.cookie}; ${victim.cookie}`, `${victim.cookie}; ${planted.cookie}`]) {
    assert.deepEqual(await dataOf(here, header), { mine: true });
  }
  assert.deepEqual(await dataOf(here, `session=x; ${victim.cookie}; session=${"A".repeat(200)}`), { mine: true });
});

test("S26 three generations of secrets: an older one's cookie is issued again, and a removed one opens nothing", async () => {
  const [first, second, third] = [generateSecret(), generateSecret(), generateSecret()];
  const old = await visitorWith(start({ secret: first }), { a: 1 });

  const rotated = start({ secret: [second, first] });
  const visitor = createVisitor(rotated.sessions, old.cookie);
  assert.deepEqual(await visitor.request(read), { a: 1 });
  assert.notEqual(visitor.cookie, old.cookie);
  // The answer may have been lost: whoever still brings the old one gets a new one again.
  const late = createVisitor(rotated.sessions, old.cookie);
  assert.deepEqual(await late.request(read), { a: 1 });
  assert.notEqual(late.cookie, old.cookie);

  const next = createVisitor(start({ secret: [third, second] }).sessions, visitor.cookie);
  assert.deepEqual(await next.request(read), { a: 1 });
  assert.notEqual(next.cookie, visitor.cookie);
  assert.deepEqual(await dataOf(start({ secret: [third, second] }), old.cookie), {});
  assert.deepEqual(await dataOf(start({ secret: third }), visitor.cookie), {});
  assert.deepEqual(await dataOf(start({ secret: third }), next.cookie), { a: 1 });
});

test("S25 a bad secret is refused at start, and in development none is made up", () => {
  const before = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "development";
  try {
    for (const secret of [undefined, "short", "a".repeat(40)]) {
      assert.throws(() => createManager({ secret, store: cookieStore() }, memoryStore), SecretError);
    }
  } finally {
    if (before === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = before;
  }
});

test("S21 the largest session that fits has a cookie of 4093 bytes; one byte more is an error that says what is large", async () => {
  const here = start();
  const visitor = await visitorWith(here, { username: "ada", note: "" });
  const { cookie } = visitor;
  const fill = (length: number) => (session: AnyData) => {
    session["note"] = "x".repeat(length);
  };
  const small = visitor.cookie?.length ?? 0;
  let fits = Math.floor(((4_093 - small) * 3) / 4) - 10;
  for (;;) {
    const trial = createVisitor(here.sessions, cookie);
    try {
      await trial.request(fill(fits + 1));
      fits++;
      assert.ok((trial.cookie?.length ?? 9_999) <= 4_093);
    } catch (error) {
      assert.ok(error instanceof CookieTooLargeError);
      assert.deepEqual([error.code, error.status, error.limit], ["COOKIE_TOO_LARGE", 500, 4_093]);
      assert.ok(error.size > 4_093 && error.size < 4_096, `${error.size}`);
      assert.deepEqual(error.largest, [
        { key: "note", bytes: "note".length + fits + 3 },
        { key: "username", bytes: "username".length + 5 },
      ]);
      assert.match(error.message, /a cookie of 409\d bytes.*"note" \(\d+ bytes\), "username" \(13 bytes\)/);
      assert.doesNotMatch(error.message, /xxx|ada/);
      break;
    }
  }
  await visitor.request(fill(fits));
  assert.ok((visitor.cookie?.length ?? 0) > 4_090, `${visitor.cookie?.length}`);
  assert.equal((await dataOf(start({ clock: here.clock }), visitor.cookie))["note"], "x".repeat(fits));
});

test("S21 where the owner is what is large, the error says so", async () => {
  await assert.rejects(sessionCookie(start().sessions, { a: 1 }, { owner: "x".repeat(4_000) }), (error) => {
    assert.ok(error instanceof CookieTooLargeError);
    assert.deepEqual(error.largest[0], { key: "session.owner", bytes: 4_000 });
    return true;
  });
});

test("S21 a long name of the cookie counts, and of managers that share a store the longest does", async () => {
  const name = `s${"x".repeat(1_000)}`;
  const store = cookieStore();
  const [long, short] = [start({ store, cookie: { name } }), start({ store })];
  for (const manager of [long, short]) {
    await assert.rejects(sessionCookie(manager.sessions, { note: "x".repeat(2_600) }), CookieTooLargeError);
  }
  const cookie = await sessionCookie(long.sessions, { note: "x".repeat(2_100) });
  assert.ok(cookie.length <= 4_093);
});

for (const [operation, work] of Object.entries({
  "a write": () => {},
  "a login": (session: { login(owner: string): Promise<void> }) => session.login("ada"),
  "a new ID": (session: { regenerate(): Promise<void> }) => session.regenerate(),
  "a save": (session: { save(): Promise<void> }) => session.save(),
})) {
  test(`S21 after ${operation} that is too large everything is as before: cookie, data, owner and ID`, async () => {
    const here = start();
    const visitor = await visitorWith(here, { a: 1 });
    const { cookie } = visitor;
    const before = await visitor.request((session) => [session.id, session.owner, { ...session }]);
    await assert.rejects(
      visitor.request(async (session) => {
        session["a"] = 2;
        session["large"] = "x".repeat(4_000);
        await work(session);
      }),
      CookieTooLargeError,
    );
    assert.equal(visitor.cookie, cookie);
    assert.deepEqual(await visitor.request((session) => [session.id, session.owner, { ...session }]), before);
    assert.equal(visitor.duties.setCookie, undefined);
  });
}

test("S21 a first write that is too large makes no session; what is made smaller after the error is stored", async () => {
  const here = start();
  const visitor = createVisitor(here.sessions);
  await assert.rejects(
    visitor.request((session) => {
      session["large"] = "用".repeat(1_000);
    }),
    { code: "COOKIE_TOO_LARGE" },
  );
  assert.equal(visitor.cookie, undefined);
  await visitor.request(async (session) => {
    session["large"] = "x".repeat(4_000);
    await assert.rejects(session.save(), CookieTooLargeError);
    session["large"] = "x";
  });
  assert.deepEqual(await dataOf(here, visitor.cookie), { large: "x" });
});

test("parallel requests in one process lose nothing of each other, whichever cookie comes last", async () => {
  const here = start();
  const { cookie } = await visitorWith(here, { a: 1 });
  const requests = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const active = await here.sessions.open(cookie);
      active.session[`key${i}`] = i;
      return active;
    }),
  );
  const cookies: string[] = [];
  for (const active of requests) cookies.push((await active.finish(() => true)).setCookie?.split(";")[0] ?? "");
  assert.equal(Object.keys(await dataOf(start({ clock: here.clock }), cookies.at(-1))).length, 21);
  // The first answer came last, and even the cookie from before leads on; the browser then gets the newest.
  for (const older of [cookies[0], cookie]) {
    const visitor = createVisitor(here.sessions, older);
    assert.equal(Object.keys(await visitor.request(read)).length, 21);
    assert.notEqual(visitor.cookie, older);
    assert.equal(Object.keys(await dataOf(start({ clock: here.clock }), visitor.cookie)).length, 21);
  }
});

test("over several processes the browser's last cookie counts, and a late request with an older one undoes nothing", async () => {
  const [here, there] = startTwo();
  const { cookie: first } = await visitorWith(here, { a: 1 });
  const visitor = createVisitor(here.sessions, first);
  await visitor.request((session) => {
    session["b"] = 2;
  });
  assert.deepEqual(await dataOf(there, visitor.cookie), { a: 1, b: 2 });
  const late = createVisitor(there.sessions, first);
  await late.request((session) => {
    session["c"] = 3;
  });
  assert.deepEqual(await dataOf(here, late.cookie), { a: 1, b: 2, c: 3 });

  // Both go on from one cookie, and neither knows of the other: what the browser drops is lost.
  const [mine, theirs] = [createVisitor(here.sessions, late.cookie), createVisitor(there.sessions, late.cookie)];
  await mine.request((session) => {
    session["d"] = "here";
  });
  here.clock.advance(1);
  await theirs.request((session) => {
    session["e"] = "there";
  });
  const later = { a: 1, b: 2, c: 3, e: "there" };
  assert.deepEqual(await dataOf(start({ clock: here.clock }), theirs.cookie), later);
  // Whoever has seen both takes the later one, also for a browser that kept the earlier one, which then gets the later.
  assert.deepEqual(await dataOf(here, theirs.cookie), later);
  for (const process of [here, there]) {
    const healed = createVisitor(process.sessions, mine.cookie);
    assert.deepEqual(await healed.request(read), later);
    assert.deepEqual(await dataOf(start({ clock: here.clock }), healed.cookie), later);
  }
});

test("S10 a logout beside a writer in one process: the writer is told, and nothing comes back", async () => {
  const here = start();
  const visitor = await visitorWith(here, { a: 1 }, "ada");
  const { cookie } = visitor;
  const late = await here.sessions.open(cookie);
  late.session["late"] = true;
  const reader = await here.sessions.open(cookie);
  assert.equal(reader.session["a"], 1);
  await visitor.request((session) => session.logout());
  await assert.rejects(async () => late.finish(() => true), SessionGoneError);
  assert.equal((await reader.finish(() => true)).setCookie, undefined);
  assert.deepEqual(await dataOf(here, cookie), {});
});

test("a cookie that is due again when its session has just ended becomes one that opens nothing", async () => {
  const secret = generateSecret();
  const { cookie } = await visitorWith(start({ secret }), { a: 1 });
  const secrets: [string, string] = [generateSecret(), secret];
  const here = start({ secret: secrets });
  const reader = await here.sessions.open(cookie);
  await createVisitor(here.sessions, cookie).request((session) => session.destroy());
  const { setCookie = "" } = await reader.finish(() => true);
  assert.match(setCookie, /^session=/);
  for (const process of [here, start({ secret: secrets, clock: here.clock })]) {
    assert.deepEqual(await dataOf(process, setCookie.split(";")[0]), {});
  }
});

test("a transaction counts right in one process, and renewal serves requests under way with the old cookie", async () => {
  const here = start({ renewInterval: "1h" });
  const visitor = await visitorWith(here, { n: 0 });
  const { cookie } = visitor;
  await Promise.all(
    Array.from({ length: 10 }, () =>
      createVisitor(here.sessions, cookie).request((session) =>
        session.transaction((data) => {
          data["n"] = Number(data["n"]) + 1;
        }),
      ),
    ),
  );
  assert.deepEqual(await dataOf(here, cookie), { n: 10 });
  here.clock.advance(60 * MINUTE);
  const key = await visitor.request((session) => session.key);
  const underWay = createVisitor(here.sessions, cookie);
  await underWay.request((session) => {
    assert.notEqual(session.key, key);
    session["late"] = true;
  });
  assert.equal(underWay.cookie, cookie, "the renewed cookie comes with one response alone");
  here.clock.advance(10_000);
  assert.deepEqual(await dataOf(here, cookie), {});
  assert.deepEqual(await dataOf(here, visitor.cookie), { n: 10, late: true });
});

test("what needs a server says so: lists, revoking by owner, a limit of sessions per owner, encryption at rest", async () => {
  const { sessions } = start();
  for (const ask of [
    () => sessions.list("ada"),
    () => sessions.revokeAll("ada"),
    () => sessions.browse(),
    () => sessions.count(),
  ]) {
    await assert.rejects(async () => ask(), UnsupportedOperationError);
  }
  assert.equal(await sessions.sweep(), 0);
  const refused = { maxSessionsPerOwner: 3, encryption: { keys: [generateSecret()] as [string] } };
  for (const [option, value] of Object.entries(refused)) {
    assert.throws(
      () => start({ [option]: value }),
      (error) => error instanceof SessionOptionError && error.option === option && /this store/.test(error.message),
    );
  }
});

test("a session that this process knows can be ended by its key, and its signal fires", async () => {
  const here = start();
  const visitor = await visitorWith(here, { a: 1 });
  const [key, signal] = await visitor.request((session) => [session.key, session.signal]);
  assert.equal((await here.sessions.inspect(key))?.data["a"], 1);
  assert.equal(await here.sessions.revoke(key), true);
  assert.equal(signal.aborted, true);
  assert.deepEqual(await dataOf(here, visitor.cookie), {});
  assert.equal(await here.sessions.revoke(key), false);
  await here.sessions.close();
});

test("after the headers no cookie can be set, so a write is refused", async () => {
  const here = start();
  const { cookie } = await visitorWith(here, { a: 1 });
  const active = await here.sessions.open(cookie);
  await active.finish(() => true);
  assert.throws(() => {
    active.session["a"] = 2;
  }, HeadersSentError);
});

test("S36 a CSRF token is the session's own, and is good on every process", async () => {
  const [here, there] = startTwo();
  const visitor = createVisitor(here.sessions);
  const token = await visitor.request((session) => session.csrfToken);
  const elsewhere = createVisitor(there.sessions, visitor.cookie);
  assert.equal(await elsewhere.request((session) => session.verifyCsrfToken(token)), true);
  const other = createVisitor(there.sessions);
  assert.equal(await other.request((session) => session.csrfToken && session.verifyCsrfToken(token)), false);
});

test("S1 when the source of randomness fails, there is no session", async () => {
  const { sessions } = start({ randomBytes: () => new Uint8Array(8) });
  await assert.rejects(sessionCookie(sessions, { a: 1 }), { code: "RANDOMNESS" });
});

test("S23 hostile names of fields come back as fields and reach no prototype", async () => {
  const [here, there] = startTwo();
  const visitor = await visitorWith(here, JSON.parse('{"constructor":"c","toString":"t","$x":"d"}'));
  const found = await dataOf(there, visitor.cookie);
  assert.deepEqual(Object.entries(found).sort(), [
    ["$x", "d"],
    ["constructor", "c"],
    ["toString", "t"],
  ]);
});
