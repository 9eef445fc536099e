// Asked the same, real Flask and coatcheck/flask give the same: the session's values, Set-Cookie, Vary, flashed messages.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import {
  type Answer,
  askOurs,
  isSince,
  type Step,
  startRealFlask,
  type Visits,
} from "../../test/fixtures/flask/visits.ts";
import { flaskCookieStore } from "../flask-cookie/index.ts";

const flask = await startRealFlask();
after(() => flask.close());

const DAY = 24 * 3_600;
const START = 1_900_000_000;
const SECRET = "0sTq1Hn0b8cX9h3rQp7LmZvK2wYdJ5eG";

/** What Flask has by default and coatcheck has not, said to both. */
const SAME = { SESSION_COOKIE_SAMESITE: "Lax", PERMANENT_SESSION_LIFETIME: 31 * DAY } as const;

/** One visit a minute and a bit after another. */
function minutesApart(...steps: Step[][]): Visits["visits"] {
  return steps.map((one, i) => ({ at: START + i * 70, steps: one }));
}

/** All three are asked; what ours gives, on the server's store and on Flask's cookie, is what Flask gives. */
async function compare(asked: Omit<Visits, "secret">): Promise<Answer[]> {
  const visits: Visits = { secret: SECRET, ...asked, config: { ...SAME, ...asked.config } };
  const theirs = (await flask.ask(visits)).map(withNewerVary);
  const maxAge = Number(visits.config?.PERMANENT_SESSION_LIFETIME);
  const inCookie = await askOurs(visits, (clock) => flaskCookieStore({ secret: SECRET, clock, maxAge }));
  assert.deepEqual(inCookie, theirs, "on Flask's cookie");
  assert.deepEqual(await askOurs(visits), theirs.map(withoutNeedless), "on a store of the server");
  return theirs;
}

/** Before 3.1.3, Flask took some uses for none, so that caches could give one visitor's page to another (GHSA-68rp-wp8r-4726). */
function withNewerVary(answer: Answer): Answer {
  const isUsed = answer.steps.length > 0 && !isSince(flask.version, [3, 1, 3]);
  return isUsed ? { ...answer, vary: "Cookie" } : answer;
}

/** On the server, a change is no news to a browser whose cookie lasts as long as it runs: its ID stays. */
function withoutNeedless(answer: Answer, i: number, all: readonly Answer[]): Answer {
  const isKnown = all[i - 1] !== undefined && hasCookieAfter(all.slice(0, i));
  const cookies = answer.cookies.filter(({ isDeleted, lifetime }) => !isKnown || isDeleted || lifetime !== null);
  return { ...answer, cookies };
}

function hasCookieAfter(answers: readonly Answer[]): boolean {
  const last = answers.flatMap(({ cookies }) => cookies).at(-1);
  return last !== undefined && !last.isDeleted;
}

/** The Set-Cookie header of each visit, in short. */
const said = (answers: readonly Answer[]): (string | number | null)[] =>
  answers.map(({ cookies: [cookie] }) => (cookie?.isDeleted ? "deleted" : cookie ? cookie.lifetime : "none"));

test("the dictionary's methods give what Flask's give", async () => {
  await compare({
    visits: minutesApart(
      [
        ["get", "a"],
        ["get", "a", "other"],
        ["has", "a"],
        ["keys"],
        ["modified"],
        ["permanent"],
        ["pop", "a", 1],
        ["modified"],
      ],
      [["set", "a", 1], ["has", "a"], ["get", "a"], ["modified"]],
      [["setDefault", "a", 2], ["modified"], ["setDefault", "b", [1]], ["keys"], ["modified"]],
      [["update", { c: 3, d: 4 }], ["pop", "c"], ["pop", "c", "gone"], ["keys"]],
      [["delete", "d"], ["keys"]],
      [["get", "b"], ["has", "a"], ["modified"]],
    ),
  });
});

for (const [name, config] of Object.entries({
  "its defaults": {},
  SESSION_COOKIE_NAME: { SESSION_COOKIE_NAME: "sid" },
  SESSION_COOKIE_DOMAIN: { SESSION_COOKIE_DOMAIN: "example.com" },
  SESSION_COOKIE_PATH: { SESSION_COOKIE_PATH: "/shop", APPLICATION_ROOT: "/app" },
  APPLICATION_ROOT: { APPLICATION_ROOT: "/app" },
  SESSION_COOKIE_HTTPONLY: { SESSION_COOKIE_HTTPONLY: false },
  SESSION_COOKIE_SECURE: { SESSION_COOKIE_SECURE: true, SESSION_COOKIE_NAME: "session" },
  "SESSION_COOKIE_SAMESITE of Strict": { SESSION_COOKIE_SAMESITE: "Strict" },
  "SESSION_COOKIE_SAMESITE of None": {
    SESSION_COOKIE_SAMESITE: "None",
    SESSION_COOKIE_SECURE: true,
    SESSION_COOKIE_NAME: "session",
  },
  PERMANENT_SESSION_LIFETIME: { PERMANENT_SESSION_LIFETIME: 40 * DAY },
} as const)) {
  test(`the cookie's attributes are Flask's under ${name}, for the browser's run and for longer`, async () => {
    for (const isPermanent of [false, true]) {
      const first: Step[] = [["set", "a", 1], ...(isPermanent ? [["setPermanent", true] as const] : [])];
      const [set] = await compare({ config, visits: minutesApart(first) });
      assert.equal(set?.cookies[0]?.lifetime === null, !isPermanent);
    }
  });
}

test("the cookie's attributes are Flask's under SESSION_COOKIE_PARTITIONED, which makes it Secure", async () => {
  const config = { SESSION_COOKIE_PARTITIONED: true, SESSION_COOKIE_NAME: "session" };
  const visits = minutesApart([["set", "a", 1]]);
  const attributes = ["Path=/", "SameSite=lax", "Secure", "HttpOnly", "Partitioned"];
  const expected: Answer = {
    steps: [null],
    cookies: [{ name: "session", isDeleted: false, lifetime: null, attributes }],
    vary: "Cookie",
  };
  assert.deepEqual(await askOurs({ secret: SECRET, config: { ...SAME, ...config }, visits }), [expected]);
  // Older ones do not know the setting.
  if (isSince(flask.version, [3, 1])) await compare({ config, visits });
});

test("deleting repeats the name, domain, path and flags that the cookie was set with", async () => {
  const config = { SESSION_COOKIE_NAME: "sid", SESSION_COOKIE_SECURE: true };
  const answers = await compare({ config, visits: minutesApart([["set", "a", 1]], [["clear"]]) });
  assert.deepEqual(said(answers), [null, "deleted"]);
  assert.deepEqual(answers[1]?.cookies[0]?.attributes, answers[0]?.cookies[0]?.attributes);
});

test("a session that was emptied loses its cookie: by clear, by pop, by the last flashed message", async () => {
  for (const emptied of [["clear"], ["pop", "a"], ["delete", "a"]] as const) {
    assert.deepEqual(said(await compare({ visits: minutesApart([["set", "a", 1]], [emptied], []) })), [
      null,
      "deleted",
      "none",
    ]);
  }
  const flashed = minutesApart([["flash", "saved"]], [["flashes"]], [["flashes"]]);
  assert.deepEqual(said(await compare({ visits: flashed })), [null, "deleted", "none"]);
});

test("a permanent session's cookie is refreshed by every response, whatever it uses, when SESSION_REFRESH_EACH_REQUEST is true", async () => {
  const config = { SESSION_REFRESH_EACH_REQUEST: true, PERMANENT_SESSION_LIFETIME: DAY };
  const visits = [0, 1, 2, 3_600, 80_000, 80_000 + DAY - 1, 80_000 + 2 * DAY].map((after, i) => ({
    at: START + after,
    steps:
      i === 0
        ? ([
            ["set", "a", 1],
            ["setPermanent", true],
          ] as const)
        : i % 2 === 0
          ? []
          : ([["get", "a"]] as const),
  }));
  const answers = await compare({ config, visits });
  assert.deepEqual(said(answers), [DAY, DAY, DAY, DAY, DAY, DAY, "none"]);
  assert.deepEqual(answers[5]?.steps, [1]);
});

test("with SESSION_REFRESH_EACH_REQUEST false a cookie goes out for changes alone, and only they prolong a session", async () => {
  const config = { SESSION_REFRESH_EACH_REQUEST: false, PERMANENT_SESSION_LIFETIME: 10_000 };
  const at = (after: number, ...steps: Step[]): Visits["visits"][number] => ({ at: START + after, steps });
  const answers = await compare({
    config,
    visits: [
      at(0, ["set", "a", 1], ["setPermanent", true]),
      at(4_000, ["get", "a"]),
      at(8_000, ["set", "a", 2]),
      at(15_000, ["get", "a"]),
      at(16_000, ["setModified"]),
      at(25_000, ["get", "a"]),
      at(26_001, ["get", "a"]),
    ],
  });
  assert.deepEqual(said(answers), [10_000, "none", 10_000, "none", 10_000, "none", "none"]);
  assert.deepEqual(
    answers.map(({ steps }) => steps.at(-1)),
    [null, 1, null, 2, null, 2, null],
  );
});

test("a session that is not permanent is not refreshed by being read", async () => {
  for (const SESSION_REFRESH_EACH_REQUEST of [true, false]) {
    const visits = minutesApart([["set", "a", 1]], [["get", "a"]], []);
    const answers = await compare({ config: { SESSION_REFRESH_EACH_REQUEST }, visits });
    assert.deepEqual(said(answers), [null, "none", "none"]);
  }
});

test("Vary says Cookie where the session was used in any way, and only there", async () => {
  const uses: Step[] = [
    ["get", "a"],
    ["has", "a"],
    ["keys"],
    ["permanent"],
    ["modified"],
    ["flashes"],
    ["set", "a", 1],
  ];
  const visits = minutesApart([], ...uses.map((use) => [use]));
  const ours = await askOurs({ secret: SECRET, config: SAME, visits });
  assert.deepEqual(
    ours.map(({ vary }) => vary),
    [null, ...uses.map(() => "Cookie")],
  );
  await compare({ visits });
});

test("permanent, modified and accessed are Flask's; a new list in the session is one, a longer one needs no word", async () => {
  const asked = minutesApart(
    [["permanent"], ["modified"], ["set", "x", 1], ["setPermanent", true], ["permanent"], ["modified"]],
    [["set", "a", [1]], ["permanent"], ["setPermanent", false], ["permanent"]],
    [["modified"], ["setModified"], ["modified"]],
  );
  const [theirs, ours] = [
    await flask.ask({ secret: SECRET, visits: asked }),
    await askOurs({ secret: SECRET, visits: asked }),
  ];
  assert.deepEqual(
    ours.map(({ steps }) => steps),
    theirs.map(({ steps }) => steps),
  );
  const [used] = await askOurs({ secret: SECRET, visits: minutesApart([["accessed"]]) });
  assert.deepEqual(used?.steps, [true]);
  if (isSince(flask.version, [3, 1, 3])) {
    assert.deepEqual((await flask.ask({ secret: SECRET, visits: minutesApart([["accessed"]]) }))[0]?.steps, [true]);
  }
  const pushed = minutesApart([["set", "a", [1]]], [["push", "a", 2], ["modified"]], [["get", "a"]]);
  const pushes = async (ask: (visits: Visits) => Promise<Answer[]>): Promise<unknown[]> =>
    (await ask({ secret: SECRET, visits: pushed })).map(({ steps }) => steps.at(-1));
  assert.deepEqual(await pushes(flask.ask), [null, false, [1]], "Flask loses it");
  assert.deepEqual(await pushes(askOurs), [null, true, [1, 2]]);
});

test("isNew is true until the session is stored; Flask can't tell, and says false", async () => {
  const visits = minutesApart([["isNew"]], [["set", "a", 1], ["isNew"]], [["isNew"]]);
  const news = async (ask: (visits: Visits) => Promise<Answer[]>): Promise<unknown[]> =>
    (await ask({ secret: SECRET, visits })).map(({ steps }) => steps.at(-1));
  assert.deepEqual(await news(flask.ask), [false, false, false]);
  assert.deepEqual(await news(askOurs), [true, true, false]);
});

test("flashed messages are Flask's: categories, filters, in the same request and the next, and those that come too late", async () => {
  await compare({
    visits: minutesApart(
      [
        ["flash", "one"],
        ["flash", "two", "warning"],
        ["flashes", true],
        ["flash", "late"],
        ["flashes"],
        ["flashes", true, ["warning"]],
      ],
      [
        ["flashes", true, ["warning"]],
        ["flashes", true],
        ["flashes", false, ["message", "warning"]],
      ],
      [["flashes", true]],
      [
        ["flash", "a", "error"],
        ["flash", "b", "info"],
        ["flash", "c", "error"],
      ],
      [["keys"]],
      [
        ["flashes", true, ["error"]],
        ["flashes", true, ["info", "error"]],
        ["flashes", false, ["none"]],
      ],
      [["flashes"]],
    ),
  });
});

test("flashed messages are Flask's in templates, as Flask's own pages write them", async () => {
  const name = "messages.html";
  const text = readFileSync(new URL(`../../test/fixtures/flask/templates/${name}`, import.meta.url), "utf8");
  const answers = await compare({
    templates: { [name]: text },
    visits: minutesApart(
      [
        ["flash", "<one>", "error"],
        ["flash", "two", "info"],
        ["flash", "three"],
      ],
      [["render", name]],
      [["render", name]],
    ),
  });
  assert.deepEqual(
    answers.map(({ steps }) => steps.at(-1)),
    [null, ["error:&lt;one&gt;", "info:two", "message:three", "after:", "error-&lt;one&gt;", "info-two"], ["after:"]],
  );
});

test("without a secret key, what Flask lets read is read, what it refuses is refused, and nothing is said of a session", async () => {
  const visits = minutesApart(
    [["get", "a"], ["get", "a", 1], ["has", "a"], ["keys"], ["permanent"], ["modified"], ["flashes"], ["setModified"]],
    [["set", "a", 1], ["delete", "a"], ["pop", "a", 1], ["setDefault", "a", 1], ["update", {}], ["clear"]],
    [
      ["setPermanent", true],
      ["flash", "x"],
    ],
    [],
  );
  const [theirs, ours] = [await flask.ask({ secret: null, visits }), await askOurs({ secret: null, visits })];
  const refusals: unknown[] = [];
  const withoutRefusals = (answers: readonly Answer[]): unknown[] =>
    answers.map((answer) => ({ ...answer, steps: answer.steps.map((step) => refusalOf(step, refusals) ?? step) }));
  assert.deepEqual(withoutRefusals(ours), withoutRefusals(theirs));
  assert.deepEqual([...new Set(refusals)], ["SecretError", "RuntimeError"]);
  assert.equal(refusals.length, 16);
});

function refusalOf(step: unknown, refusals: unknown[]): string | undefined {
  const error: unknown = Reflect.get(Object(step), "error");
  if (error === undefined) return undefined;
  refusals.push(error);
  assert.match(
    String(Reflect.get(Object(step), "message")),
    /^The session is unavailable because no secret key was set/,
  );
  return "refused";
}
