// What every adapter must do with a session that changes while the body of its response is still being written: the change
// is stored, or the client and the app hear that it was not.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SessionEvent } from "../../src/core/events.ts";
import { cookieStore } from "../../src/stores/cookie/index.ts";
import { adapters } from "./adapters.ts";
import type { Adapter, AnySession, Handler } from "./app.ts";
import { nextRoute } from "./servers/next.ts";
import { prepare } from "./start-app.ts";

for (const adapter of [...adapters, nextRoute]) describe(`adapter: ${adapter.name}`, () => suite(adapter));

const TEXT = [["Content-Type", "text/plain"]] as const;

function cartOf(session: AnySession): string[] {
  return session["cart"] as string[];
}

/** Turns of the event loop that pass before a change: with many, the head has left by then. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Adds a book to a cart that was read before the stream began. */
async function* addToCart(cart: string[], late: number): AsyncGenerator<string> {
  yield "one,";
  await turns(late);
  cart.push("book");
  yield "two";
}

/** Reads the cart in the middle of a stream, and adds a book to it later. */
async function* readAndAdd(session: AnySession): AsyncGenerator<string> {
  yield "one,";
  await turns(5);
  const cart = cartOf(session);
  await turns(5);
  cart.push("book");
  yield "two";
}

const shop: Handler = (path, session) => {
  if (path === "/start") session["cart"] = ["pen"];
  if (path === "/add") return { headers: TEXT, body: addToCart(cartOf(session), 0) };
  if (path === "/add-later") return { headers: TEXT, body: addToCart(cartOf(session), 10) };
  if (path === "/read-and-add" && "cart" in session) return { headers: TEXT, body: readAndAdd(session) };
  return { body: JSON.stringify(session["cart"] ?? null) };
};

/** Each once: Deno's client repeats a request whose answer was cut. */
const kindsOf = (errors: readonly string[]): string[] => [...new Set(errors)];

function collectErrors(): { readonly errors: string[]; onEvent(event: SessionEvent): void } {
  const errors: string[] = [];
  const onEvent = (event: SessionEvent): void => {
    if (event.type === "error") errors.push(`${event.operation} ${Reflect.get(Object(event.error), "code")}`);
  };
  return { errors, onEvent };
}

function suite(adapter: Adapter): void {
  const start = prepare(adapter);

  for (const path of ["/add", "/add-later", "/read-and-add"]) {
    test(`a value that ${path} changes inside while the body is written is stored before the body ends`, async () => {
      const { client } = await start({}, {}, shop);
      await client.get("/start");
      assert.equal(await client.get(path), "one,two");
      assert.equal(await client.get("/"), '["pen","book"]');
    });
  }

  test("a change during the body that can't be stored is an error event, and the body is cut", async () => {
    const { errors, onEvent } = collectErrors();
    const { client, script } = await start({ onEvent }, {}, shop);
    await client.get("/start");
    script.current = (method, proceed) => (method === "commit" ? Promise.reject(new Error("cut")) : proceed());
    await assert.rejects(client.get("/add-later"));
    assert.deepEqual(kindsOf(errors), ["save STORE_UNAVAILABLE"]);
    script.current = (_method, proceed) => proceed();
    assert.equal(await client.get("/"), '["pen"]');
  });

  test("a change during the body that only a new cookie could keep is an error event, and the body is cut", async () => {
    const { errors, onEvent } = collectErrors();
    const { client } = await start({ onEvent, store: cookieStore() }, {}, shop);
    await client.get("/start");
    await assert.rejects(client.get("/add-later"));
    assert.deepEqual(kindsOf(errors), ["save HEADERS_SENT"]);
  });

  test("a text is sent in the same way whether or not the session holds a list", async () => {
    const { client } = await start({}, {}, shop);
    const before = await client.request("/");
    assert.equal(await before.text(), "null");
    await client.get("/start");
    const after = await client.request("/");
    assert.equal(await after.text(), '["pen"]');
    assert.equal(after.headers["transfer-encoding"], before.headers["transfer-encoding"]);
  });
}
