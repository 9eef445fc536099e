// Refused requests and their answers: 403, 409 and 503.
import "reflect-metadata";
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import type { INestApplication } from "@nestjs/common";
import { createSessions, type MemoryStore, memoryStore, type SessionManager } from "coatcheck";
import { createApp } from "./create-app.js";
import type { Visitor } from "./login.controller.js";

let app: INestApplication;
let site: string;
let store: MemoryStore;
let sessions: SessionManager<Visitor>;

beforeEach(async () => {
  await app?.close();
  store = memoryStore();
  sessions = createSessions<Visitor>({ secret: "l8Nq3v0aS2x5RzT7yB9cD1eF4gH6jK_w", store });
  app = await createApp(sessions);
  app.useLogger(false);
  await app.listen(0, "127.0.0.1");
  site = await app.getUrl();
});
after(() => app.close());

/** Opens the login page. */
async function visit(): Promise<{ cookie: string; token: string }> {
  const response = await fetch(`${site}/login`);
  const [cookie = ""] = response.headers.getSetCookie()[0]?.split(";") ?? [];
  const [, token = ""] = /name="_csrf" value="([^"]+)"/.exec(await response.text()) ?? [];
  return { cookie, token };
}

function post(cookie: string, fields: Record<string, string>): Promise<Response> {
  const body = new URLSearchParams(fields);
  return fetch(`${site}/login`, { method: "POST", headers: { cookie }, body, redirect: "manual" });
}

test("a form with its token logs in", async () => {
  const { cookie, token } = await visit();
  const response = await post(cookie, { username: "ada", _csrf: token });
  assert.equal(response.status, 303);
  const [first] = await sessions.list("ada");
  assert.ok(first);
});

test("403 for a form without its token, and nobody is logged in", async () => {
  const { cookie } = await visit();
  const response = await post(cookie, { username: "ada" });
  assert.equal(response.status, 403);
  assert.deepEqual(await response.json(), { statusCode: 403, message: "Forbidden" });
  assert.deepEqual(await sessions.list("ada"), []);
});

test("409 when the session was ended while the request was under way", async () => {
  const { cookie, token } = await visit();
  const { load } = store;
  // Ends the session as soon as the next request has opened it.
  store.load = (key) => {
    const record = load.call(store, key);
    store.destroy(key);
    return record;
  };
  const response = await post(cookie, { username: "ada", _csrf: token });
  assert.equal(response.status, 409);
  assert.deepEqual(await sessions.list("ada"), []);
});

test("503 with Retry-After when the store is out, and the visitor's cookie stays", async () => {
  const { cookie } = await visit();
  store.close();
  const response = await fetch(site, { headers: { cookie } });
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "1");
  assert.deepEqual(response.headers.getSetCookie(), []);
});
