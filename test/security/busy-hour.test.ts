// A busy hour over HTTP: logins, writes, logouts, errors, refused cookies, failures of the store. Then all that the store
// holds and all that was logged is searched for every ID, cookie, token, secret and encrypted value: nothing is found.
import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { after, type TestContext, test } from "node:test";
import { inspect } from "node:util";
import type { SessionStore } from "../../src/core/record/store.ts";
import { generateId } from "../../src/core/request/session-id.ts";
import { generateSecret } from "../../src/core/secrets.ts";
import { node } from "../behaviour/servers/node.ts";
import { Client } from "../fixtures/browser-client.ts";
import { SECRET } from "../fixtures/manager.ts";
import { scriptStore } from "../fixtures/scripted-store.ts";
import { serverOn } from "./servers-of-store.ts";
import { type StoreKind, startStores } from "./stores.ts";

const VISITORS = 250;
/** Every so many commits, one fails. The store never fails often enough to count as out. */
const FAILING = 10;
const ENCRYPTION_KEY = generateSecret();

const ground = await startStores();
after(() => ground.stop());

/** All that must be found nowhere, and what was logged. */
interface Hour {
  /** Opens a session, or makes what does: it may be neither in a log nor in a dump. */
  readonly secrets: Set<string>;
  /** What visitors entrusted to their sessions. */
  readonly entrusted: Set<string>;
  readonly log: string[];
  requests: number;
}

for (const kind of ground.kinds.filter(({ name }) => name !== "memory")) {
  test(`S27 S28 S29 ${kind.name}: after a busy hour neither a dump nor the log has an ID, cookie, secret or encrypted value`, async (t) => {
    const { stores, dump } = await kind.open();
    const hour: Hour = { secrets: new Set([SECRET, ENCRYPTION_KEY]), entrusted: new Set(), log: [], requests: 0 };
    capture(t, hour);
    await spendHour(kind, hour, stores[0]);
    t.diagnostic(`${hour.requests} requests, ${hour.log.length} entries in the log, ${hour.secrets.size} secrets`);
    assert(hour.requests > 2_000 && hour.log.length > 4_000, `${hour.requests} requests, ${hour.log.length} entries`);
    assert(hour.secrets.size > 4 * VISITORS && hour.entrusted.size > 2 * VISITORS);

    const places = { dump: await dump(), log: hour.log.join("\n") };
    assert.match(places.log, /"type":"login"/);
    assert.match(places.log, /StoreUnavailableError/);
    for (const [place, text] of Object.entries(places)) {
      assert(text.includes("user6"), `what is in the clear is found in the ${place}: an owner, for one`);
      const words = longWordsOf(text);
      for (const each of [...hour.secrets, ...hour.entrusted]) {
        assert(!words.includes(each), `something is in the ${place} that must not be`);
      }
    }
  });
}

/** Every run of characters that may hold an ID or a secret, once each: what is searched for has 32 of them or more. */
function longWordsOf(text: string): string {
  return [...new Set(text.match(/[\w.-]{32,}/g))].join("\n");
}

/** Logs whatever the library, the process or the app tells, as a log with every detail on would. */
function capture(t: TestContext, { log }: Hour): void {
  const note = (...told: unknown[]): void => {
    for (const each of told) log.push(inspect(each, { depth: 20, showHidden: true }), JSON.stringify(each) ?? "");
  };
  for (const method of ["log", "info", "warn", "error", "debug"] as const) t.mock.method(console, method, note);
  t.mock.method(process, "emitWarning", note);
  const channels = ["coatcheck.event", "coatcheck.store.start", "coatcheck.store.end"];
  for (const channel of channels) subscribe(channel, note);
  t.after(() => {
    for (const channel of channels) unsubscribe(channel, note);
  });
}

async function spendHour(kind: StoreKind, hour: Hour, base: SessionStore): Promise<void> {
  let commits = 0;
  const store = scriptStore(base, (method, proceed) => {
    const fails = method === "commit" && ++commits % FAILING === 0;
    return fails ? Promise.reject(new Error(`${kind.name} said no`)) : proceed();
  });
  const sessions = serverOn(store, {
    encryption: { keys: [ENCRYPTION_KEY] },
    onEvent: (event) => console.info(event),
  });
  const app = await node.serve(sessions, (path, session) => answer(path, session, hour), {});
  try {
    for (let begun = 0; begun < VISITORS; begun += 10) {
      await Promise.all(Array.from({ length: 10 }, (_, i) => visit(app.url, begun + i, hour)));
    }
  } finally {
    await app.close();
  }
}

type Session = Parameters<Parameters<typeof node.serve>[1]>[1];

/** The app: it knows what is secret, and logs what an app logs. */
async function answer(path: string, session: Session, hour: Hour): Promise<{ body: string }> {
  const [, action = "", name = ""] = path.split("/");
  const entrusted = generateId();
  const value = `entrusted ${entrusted}`;
  hour.entrusted.add(entrusted);
  try {
    switch (action) {
      case "login":
        await session.login(name, { userAgent: value, address: "203.0.113.7", place: value });
        break;
      case "write":
        session[name] = value;
        session.flash(value);
        break;
      case "count":
        await session.transaction((same) => same.update({ count: [value], flashes: same.takeFlashes() }));
        break;
      case "mistake":
        session[name] = () => value;
        break;
      case "regenerate":
        await session.regenerate();
        break;
      case "logout":
        await session.logout();
        break;
    }
  } catch (error) {
    console.error(path, error);
    throw error;
  } finally {
    hour.secrets.add(session.id);
    if (!session.isNew) hour.secrets.add(session.csrfToken);
  }
  return { body: "done" };
}

async function visit(url: string, number: number, hour: Hour): Promise<void> {
  const client = new Client(url);
  const ask = async (path: string, asking = client): Promise<void> => {
    const response = await asking.request(path);
    await response.text();
    hour.requests++;
    const value = asking.cookieHeader?.slice("session=".length);
    if (value) hour.secrets.add(value).add(value.slice(0, 43)).add(value.slice(44));
  };
  await ask("/write/cart");
  await ask(`/login/user${number}`);
  const stolen = client.clone();
  await Promise.all(["/write/a", "/write/b", "/count", "/mistake/c"].map((path) => ask(path)));
  await ask("/regenerate");
  await ask("/read", stolen);
  const [cookie = ""] = client.cookieHeader?.split(";") ?? [];
  const forged = cookie.slice(0, -1) + (cookie.endsWith("A") ? "E" : "A");
  await ask("/read", new Client(url, forged));
  await ask("/read", new Client(url, `session=${cookie.slice(20)}`));
  await Promise.all(["/write/d", "/write/e"].map((path) => ask(path)));
  // A third stay logged in, for the dump.
  if (number % 3 !== 0) {
    await ask("/logout");
    await ask("/write/late", stolen);
  }
}
