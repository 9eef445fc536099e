// What an adapter takes beside the manager is looked at when the app starts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SessionOptionError } from "../../core/errors.ts";
import { createSessions, memoryStore } from "../../index.ts";
import { session as onExpress } from "../express/index.ts";
import { session as onFastify } from "../fastify/index.ts";
import { session as onHono } from "../hono/index.ts";
import { session as onKoa } from "../koa/index.ts";

const SECRET = "an adapter's secret, of more than thirty-two characters";
const sessions = createSessions({ secret: SECRET, store: memoryStore() });

const adapters: Readonly<Record<string, (options: { as?: string }) => unknown>> = {
  express: (options) => onExpress(sessions, options),
  fastify: (options) => onFastify(sessions, options),
  hono: (options) => onHono(sessions, options),
  koa: (options) => onKoa(sessions, options),
};
for (const [name, adapt] of Object.entries(adapters)) {
  test(`on ${name}, an option that is unknown and a name that is none are refused`, () => {
    const startWith = (options: object) => () => adapt(options);
    assert.throws(startWith({ cookie: {} }), (error) => {
      return error instanceof SessionOptionError && error.option === "cookie" && /come first/.test(error.message);
    });
    assert.throws(startWith({ as: "" }), /"as" must be a string/);
    assert.throws(startWith({ as: 1 }), /"as" must be a string/);
    assert.doesNotThrow(startWith({ as: "admin" }));
    assert.doesNotThrow(startWith({}));
  });
}
