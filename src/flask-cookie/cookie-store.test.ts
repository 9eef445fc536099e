// Sessions in Flask's cookie: set here, read by a real Flask, and back.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { startFlaskPython } from "../../test/fixtures/flask-python.ts";
import { type AnyData, SECRET } from "../../test/fixtures/manager.ts";
import { HeadersSentError, RandomnessError, SessionValueError } from "../core/errors.ts";
import { createManager, type SessionManager } from "../core/manager.ts";
import type { SessionOptions } from "../core/options.ts";
import type { Session } from "../core/session/types.ts";
import { memoryStore } from "../stores/memory/index.ts";
import { flaskCookieStore, readFlaskCookie, Tuple, writeFlaskCookie } from "./index.ts";
import { fromTaggedJson } from "./tagged-json.ts";

const FLASK_SECRET = "the key of both apps";
const DAY = 24 * 3600_000;
const flask = startFlaskPython();
after(() => flask.close());

function manager(options: Partial<Parameters<typeof flaskCookieStore>[0]> = {}): SessionManager<AnyData> {
  const store = flaskCookieStore({ secret: FLASK_SECRET, ...options });
  const { clock } = options;
  return createManager<AnyData>({ secret: SECRET, store, cookie: { name: "session" }, clock }, memoryStore);
}

/** A manager with a clock or a generator of its own, on a store that has none unless it is given one. */
function managerWith(
  options: Pick<SessionOptions<AnyData>, "clock" | "randomBytes">,
  storeClock?: () => number,
): SessionManager<AnyData> {
  const store = flaskCookieStore({ secret: FLASK_SECRET, clock: storeClock });
  return createManager<AnyData>({ secret: SECRET, store, cookie: { name: "session" }, ...options }, memoryStore);
}

/** One request with a cookie; answers the cookie that the browser has afterwards. */
async function visit(
  sessions: SessionManager<AnyData>,
  cookie: string | undefined,
  work: (session: Session<AnyData>) => unknown,
): Promise<string | undefined> {
  const active = await sessions.open(cookie === undefined ? undefined : `other=1; session=${cookie}`);
  await work(active.session);
  const { setCookie } = await active.finish(() => true);
  if (setCookie === undefined) return cookie;
  const value = /^session=([^;]*)/.exec(setCookie)?.[1];
  return value === "" ? undefined : value;
}

/** What Flask finds in a cookie. */
async function inFlask(cookie: string | undefined): Promise<unknown> {
  const [text = ""] = await flask.read([cookie ?? ""], FLASK_SECRET);
  return fromTaggedJson(text);
}

async function fromFlask(tagged: string): Promise<string> {
  const [cookie = ""] = await flask.write([tagged], FLASK_SECRET);
  return cookie;
}

/** A cookie of a session with `a: 1`. */
async function signedHere(sessions: SessionManager<AnyData>): Promise<string> {
  const cookie = await visit(sessions, undefined, (session) => {
    session["a"] = 1;
  });
  assert.ok(cookie);
  return cookie;
}

/** In seconds. */
function signedAt(cookie: string | undefined): number | undefined {
  const read = readFlaskCookie(cookie ?? "", { secret: FLASK_SECRET, maxAge: Number.POSITIVE_INFINITY });
  return read.verdict === "valid" ? read.signedAt : undefined;
}

test("what is set here is in Flask's session, and what Flask has set is here", async () => {
  const sessions = manager();
  const cookie = await visit(sessions, undefined, (session) => {
    session["username"] = "ada";
    session["visits"] = 3;
  });
  assert.deepEqual(await inFlask(cookie), { username: "ada", visits: 3 });

  await visit(sessions, await fromFlask('{"cart":[1,2],"username":"grace"}'), (session) => {
    assert.deepEqual({ ...session }, { cart: [1, 2], username: "grace" });
    assert.equal(session.isNew, false);
  });
});

test("a session that is only read sets no cookie; one that is changed does, and nested changes are seen", async () => {
  const sessions = manager();
  const cookie = await fromFlask('{"cart":[1]}');
  assert.equal(await visit(sessions, cookie, (session) => assert.deepEqual(session["cart"], [1])), cookie);
  const next = await visit(sessions, cookie, (session) => (session["cart"] as number[]).push(2));
  assert.notEqual(next, cookie);
  assert.deepEqual(await inFlask(next), { cart: [1, 2] });
});

test("Python's types of keys that are not assigned stay as they are", async () => {
  const tagged = '{"pair":{" t":[1,{" u":"12345678123456781234567812345678"}]},"safe":{" m":"<b>"}}';
  const cookie = await visit(manager(), await fromFlask(tagged), (session) => {
    assert.deepEqual(session["pair"], [1, "12345678-1234-5678-1234-567812345678"]);
    assert.equal(session["safe"], "<b>");
    session["more"] = true;
  });
  assert.deepEqual(await flask.read([cookie ?? ""], FLASK_SECRET), [`{"more":true,${tagged.slice(1)}`]);
});

test("login, flashed messages and permanent are what Flask and Flask-Login have of them", async () => {
  const sessions = manager();
  const cookie = await visit(sessions, undefined, async (session) => {
    await session.login("42");
    session.flash("Welcome", "greeting");
    session.permanent = true;
  });
  const found = (await inFlask(cookie)) as { _flashes: unknown[] };
  assert.deepEqual(found, { _user_id: "42", _permanent: true, _flashes: [Tuple.of("greeting", "Welcome")] });
  assert.ok(found._flashes[0] instanceof Tuple);

  const flashed = await fromFlask('{"_flashes":[{" t":["message","one"]},{" t":["error","two"]}],"_user_id":"7"}');
  const rest = await visit(sessions, flashed, (session) => {
    assert.equal(session.owner, "7");
    assert.deepEqual(session.takeFlashes(["message"]), [{ category: "message", message: "one" }]);
  });
  assert.deepEqual(await inFlask(rest), { _user_id: "7", _flashes: [Tuple.of("error", "two")] });
});

test("logging out clears the cookie; emptying a session does too; forged and expired ones open nothing", async () => {
  const sessions = manager();
  const cookie = await signedHere(sessions);
  assert.equal(await visit(sessions, cookie, (session) => session.logout()), undefined);
  assert.equal(await visit(manager(), cookie, (session) => delete session["a"]), undefined);
  // In this process, a logout ends the very cookie too.
  await visit(sessions, cookie, (session) => assert.deepEqual({ ...session }, {}));
  const old = manager({ clock: () => Date.now() + 32 * DAY });
  await visit(old, cookie, (session) => assert.deepEqual({ ...session }, {}));
  await visit(manager(), `${cookie}x`, (session) => assert.deepEqual({ ...session }, {}));
});

test("who logs in again in the same second, with the same data, is logged in", async () => {
  const clock = () => 1_700_000_000_000;
  const sessions = manager({ clock });
  const cookies = new Set<string | undefined>();
  for (let round = 0; round < 3; round++) {
    const cookie = await visit(sessions, undefined, (session) => {
      session["username"] = "ada";
    });
    await visit(sessions, cookie, (session) => assert.equal(session["username"], "ada"));
    assert.equal(await visit(sessions, cookie, (session) => session.logout()), undefined);
    await visit(sessions, cookie, (session) => assert.equal(session["username"], undefined));
    cookies.add(cookie);
  }
  assert.equal(cookies.size, 3);
});

test("a new ID in the second in which the cookie was signed keeps the session and ends the cookie", async () => {
  const sessions = manager({ clock: () => 1_700_000_000_000 });
  const cookie = await visit(sessions, undefined, (session) => {
    session["a"] = 1;
  });
  const next = await visit(sessions, cookie, (session) => session.regenerate());
  assert.notEqual(next, cookie);
  await visit(sessions, next, (session) => assert.equal(session["a"], 1));
  await visit(sessions, cookie, (session) => assert.deepEqual({ ...session }, {}));
});

test("a logout is remembered while 30,000 other sessions come by", async () => {
  const sessions = manager();
  const cookie = await signedHere(sessions);
  assert.equal(await visit(sessions, cookie, (session) => session.logout()), undefined);
  for (let i = 0; i < 30_000; i++) {
    const other = await sessions.open(`session=${writeFlaskCookie({ i }, { secret: FLASK_SECRET })}`);
    assert.equal(other.session["i"], i);
    await other.finish(() => true);
  }
  await visit(sessions, cookie, (session) => assert.deepEqual({ ...session }, {}));
});

test("a request under way while its session ends gets a cookie that opens nothing", async () => {
  const sessions = manager({ secret: "the new key", fallbacks: [FLASK_SECRET] });
  const cookie = await signedHere(manager());
  // Signed by a fallback, so its cookie is due to be written whatever the request does.
  const underWay = await sessions.open(`session=${cookie}`);
  assert.equal(underWay.session["a"], 1);
  await visit(sessions, cookie, (session) => session.logout());
  assert.match((await underWay.finish(() => true)).setCookie ?? "", /^session=;/);
});

test("S1 when the manager's generator fails, or gives an ID again, there is an error and no session", async () => {
  const write = (sessions: SessionManager<AnyData>) =>
    visit(sessions, undefined, (session) => {
      session["a"] = 1;
    });
  await assert.rejects(write(managerWith({ randomBytes: () => new Uint8Array(3) })), RandomnessError);
  const stuck = managerWith({ randomBytes: (size) => new Uint8Array(size) });
  assert.notEqual(await write(stuck), undefined);
  await assert.rejects(write(stuck), RandomnessError);
});

test("cookies are signed and judged by the manager's clock, or by the store's own where it has one", async () => {
  let now = Date.now() + 40 * DAY;
  const sessions = managerWith({ clock: () => now });
  const cookie = await visit(sessions, undefined, (session) => {
    session["a"] = 1;
  });
  assert.equal(signedAt(cookie), Math.floor(now / 1000));
  await visit(sessions, cookie, (session) => assert.equal(session["a"], 1));
  now += 32 * DAY;
  await visit(sessions, cookie, (session) => assert.deepEqual({ ...session }, {}));

  const ahead = now + DAY;
  const own = managerWith({ clock: () => now }, () => ahead);
  const signed = await visit(own, undefined, (session) => {
    session["a"] = 1;
  });
  assert.equal(signedAt(signed), Math.floor(ahead / 1000));
});

test("parallel requests in one process lose nothing of each other, and none brings a logout back", async () => {
  const sessions = manager();
  const cookie = await signedHere(sessions);
  const requests = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const active = await sessions.open(`session=${cookie}`);
      active.session[`key${i}`] = i;
      return active;
    }),
  );
  const cookies = [];
  for (const active of requests) cookies.push((await active.finish(() => true)).setCookie);
  const last = /^session=([^;]*)/.exec(cookies.at(-1) ?? "")?.[1];
  assert.equal(Object.keys((await inFlask(last)) as object).length, 21);

  const late = await sessions.open(`session=${cookie}`);
  late.session["late"] = true;
  await visit(sessions, cookie, (session) => session.logout());
  await assert.rejects(async () => late.finish(() => true), { status: 409 });
});

test("S26 a cookie that a fallback signed is signed anew, and what no browser would keep is refused", async () => {
  const old = await fromFlask('{"a":1}');
  const sessions = manager({ secret: "the new key", fallbacks: [FLASK_SECRET] });
  const renewed = await visit(sessions, old, (session) => assert.equal(session["a"], 1));
  assert.notEqual(renewed, old);
  // The answer may have been lost: whoever still brings the old one gets a new one again.
  assert.notEqual(await visit(sessions, old, (session) => assert.equal(session["a"], 1)), old);
  await visit(manager({ secret: "the new key" }), renewed, (session) => assert.equal(session["a"], 1));

  const noise = randomBytes(3_500).toString("base64");
  await assert.rejects(
    visit(sessions, undefined, (session) => {
      session["large"] = noise;
    }),
    SessionValueError,
  );
});

test("after the headers no cookie can be set, so a write is refused", async () => {
  const active = await manager().open(`session=${await fromFlask('{"a":1}')}`);
  await active.finish(() => true);
  assert.throws(() => {
    active.session["a"] = 2;
  }, HeadersSentError);
});

/** Flask judges by the real time. */
const START = Math.floor(Date.now() / 1000) * 1000;
const sameSecond = () => START;
const flaskCookie = () => writeFlaskCookie({ _permanent: true }, { secret: FLASK_SECRET, now: START / 1000 });

test("two visitors whose first session has the same data in the same second are two sessions", async () => {
  const sessions = manager({ clock: sameSecond });
  const setLanguage = () =>
    visit(sessions, undefined, (session) => {
      session["lang"] = "en";
    });
  const [a, b] = [await setLanguage(), await setLanguage()];
  assert.notEqual(a, b);
  await visit(sessions, a, (session) => {
    session["username"] = "ada";
  });
  const next = await visit(sessions, b, (session) => {
    assert.equal(session["username"], undefined);
    session["theme"] = "dark";
  });
  assert.deepEqual(await inFlask(next), { lang: "en", theme: "dark" });
  await visit(sessions, a, (session) => session.logout());
  await visit(sessions, b, (session) => assert.equal(session["lang"], "en"));
});

test("a cookie that Flask signed alike for two visitors shares nothing, not even a logout", async () => {
  const sessions = manager({ clock: sameSecond });
  const cookie = flaskCookie();
  const underWay = await sessions.open(`session=${cookie}`);
  const ada = await visit(sessions, cookie, (session) => {
    session["username"] = "ada";
  });
  assert.deepEqual(await inFlask(ada), { _permanent: true, username: "ada" });
  await visit(sessions, cookie, (session) => assert.equal(session["username"], undefined));
  await visit(sessions, cookie, (session) => session.login("7"));
  assert.equal(await visit(sessions, cookie, (session) => session.logout()), undefined);
  underWay.session["theme"] = "dark";
  const { setCookie = "" } = await underWay.finish(() => true);
  assert.deepEqual(await inFlask(/^session=([^;]*)/.exec(setCookie)?.[1]), { _permanent: true, theme: "dark" });
});

test("parallel requests with equal cookies of Flask's that only read get no cookie", async () => {
  const sessions = manager({ clock: sameSecond });
  const opened = await Promise.all(Array.from({ length: 5 }, () => sessions.open(`session=${flaskCookie()}`)));
  for (const active of opened) {
    assert.equal(active.session["username"], undefined);
    assert.equal((await active.finish(() => true)).setCookie, undefined);
  }
});

test("equal cookies that a fallback signed become two different ones", async () => {
  const sessions = manager({ clock: sameSecond, secret: "the new key", fallbacks: [FLASK_SECRET] });
  const [a, b] = [await visit(sessions, flaskCookie(), () => {}), await visit(sessions, flaskCookie(), () => {})];
  assert.notEqual(a, b);
});

test("a large session's compressed cookies differ too, in the same second", async () => {
  const sessions = manager({ clock: sameSecond });
  const write = () =>
    visit(sessions, undefined, (session) => {
      session["text"] = "word ".repeat(500);
    });
  const [a = "", b] = [await write(), await write()];
  assert.ok(a.startsWith("."));
  assert.notEqual(a, b);
  assert.deepEqual(await inFlask(a), { text: "word ".repeat(500) });
});

test("30,000 cookies of strangers do not push out the session of a slow request", async () => {
  const sessions = manager({ clock: sameSecond });
  const cookies = [flaskCookie(), await signedHere(sessions)];
  const slow = await Promise.all(cookies.map((cookie) => sessions.open(`session=${cookie}`)));
  for (let i = 0; i < 30_000; i++) {
    const stranger = await sessions.open(undefined);
    stranger.session["i"] = i;
    await stranger.finish(() => true);
  }
  for (const active of slow) {
    active.session["late"] = true;
    assert.notEqual((await active.finish(() => true)).setCookie, undefined);
  }
});

/** The token of a form, the answer's cookie, and whether a request that brings both is let through. */
async function postsForm(sessions: SessionManager<AnyData>, cookie: string | undefined): Promise<boolean> {
  let [token, isRight] = ["", false];
  const next = await visit(sessions, cookie, (session) => {
    token = session.csrfToken;
  });
  await visit(sessions, next, (session) => {
    isRight = session.verifyCsrfToken(token);
  });
  return isRight;
}

test("S36 a form's CSRF token is good in the next request, whoever signed the cookie", async () => {
  const sessions = manager({ clock: sameSecond });
  const login = writeFlaskCookie({ _user_id: "7" }, { secret: FLASK_SECRET, now: START / 1000 });
  const own = await visit(sessions, undefined, (session) => session.login("7"));
  for (const cookie of [undefined, flaskCookie(), login, own]) assert.equal(await postsForm(sessions, cookie), true);
});

test("S36 a CSRF token is no good for another visitor whose cookie is equal, nor after a login", async () => {
  const sessions = manager({ clock: sameSecond });
  let token = "";
  const cookie = await visit(sessions, flaskCookie(), (session) => {
    token = session.csrfToken;
  });
  await visit(sessions, flaskCookie(), (session) => assert.equal(session.verifyCsrfToken(token), false));
  const afterLogin = await visit(sessions, cookie, (session) => session.login("7"));
  await visit(sessions, afterLogin, (session) => assert.equal(session.verifyCsrfToken(token), false));
});
