// The started login program under requests that no browser makes.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createManager } from "../../src/core/manager.ts";
import { generateSecret } from "../../src/core/secrets.ts";
import { sqliteStore } from "../../src/stores/sqlite/index.ts";
import { sessionCookie } from "../../src/testing/session-cookie.ts";
import { type RunningExample, startExample } from "../fixtures/example.ts";
import { SECRET } from "../fixtures/manager.ts";

const folder = mkdtempSync(join(tmpdir(), "coatcheck-example-"));
const path = join(folder, "sessions");
let example: RunningExample;

before(async () => {
  example = await startExample({ SECRET_KEY: SECRET, SESSION_PATH: path });
});
after(async () => {
  await example?.kill();
  rmSync(folder, { recursive: true, force: true });
});

const page = (cookie?: string, init: RequestInit = {}): Promise<Response> =>
  fetch(example.url, { redirect: "manual", ...init, headers: { ...init.headers, ...(cookie ? { cookie } : {}) } });

async function logIn(name: string): Promise<string> {
  const response = await fetch(`${example.url}login`, {
    method: "POST",
    body: new URLSearchParams({ username: name }),
    redirect: "manual",
  });
  assert.equal(response.status, 302);
  return response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
}

test("S31 visitors without a session are given no cookie, and nothing is stored for them", async () => {
  for (let i = 0; i < 50; i++) {
    const response = await page();
    assert.deepEqual([response.status, response.headers.getSetCookie()], [200, []]);
    assert.match(await response.text(), /You are not logged in/);
  }
  const store = sqliteStore({ path });
  assert.equal(await store.sweep(Number.MAX_SAFE_INTEGER, 100), 0);
  await store.close();
});

test("S2 S22 cookies of every bad kind get the anonymous page, or a 4xx of the server", async () => {
  const good = (await logIn("admin")).slice("session=".length);
  const elsewhere = createManager<{ a?: number }>(
    { secret: generateSecret(), store: sqliteStore({ path }) },
    sqliteStore,
  );
  const foreign = await sessionCookie(elsewhere, { a: 1 });
  await elsewhere.close();
  const bad = [
    `session=${good.slice(0, -2)}AA`,
    `session=${good.slice(0, 50)}`,
    foreign,
    `session=${"y".repeat(8192)}`,
    `${foreign}; ${foreign}; session=`,
    "session=\"'; DROP TABLE sessions; --",
    "session=../../etc/passwd",
    "session",
  ];
  for (const cookie of bad) {
    const response = await page(cookie);
    assert.equal(response.status, 200, cookie.slice(0, 40));
    assert.match(await response.text(), /You are not logged in/);
  }
  assert.match(await (await page(`${foreign}; session=${good}`)).text(), /Logged in as admin/);
  assert.match(await statusLine(`session=a\0${good}`), / 4\d\d /);
  assert.match(await statusLine(`session=${"z".repeat(50_000)}`), / 4\d\d /);
});

test("S37 no other site logs a visitor in or out, and no page can be framed", async () => {
  const cookie = await logIn("victim");
  for (const headers of [{ "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }]) {
    assert.equal(
      (await fetch(`${example.url}logout`, { headers: { ...headers, cookie }, redirect: "manual" })).status,
      403,
    );
  }
  const body = new URLSearchParams({ username: "attacker" });
  const headers = { origin: "https://evil.example", cookie };
  assert.equal((await fetch(`${example.url}login`, { method: "POST", body, headers, redirect: "manual" })).status, 403);
  const response = await page(cookie);
  assert.match(await response.text(), /Logged in as victim/);
  assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'.*frame-ancestors 'none'/);
  assert.equal(response.headers.get("x-frame-options"), "DENY");
  assert.equal(response.headers.get("cache-control"), "no-store");
});

test("S4 S5 a session ID from before the login opens nothing after it", async () => {
  const planted = await logIn("attacker");
  const response = await fetch(`${example.url}login`, {
    method: "POST",
    body: new URLSearchParams({ username: "victim" }),
    headers: { cookie: planted },
    redirect: "manual",
  });
  assert.notEqual(response.headers.getSetCookie()[0]?.split(";")[0], planted);
  assert.match(await (await page(planted)).text(), /You are not logged in/);
});

function statusLine(cookie: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(example.url);
    const socket = connect(Number(port), hostname, () => {
      socket.write(`GET / HTTP/1.1\r\nHost: ${hostname}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`);
    });
    let text = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("error", (error) => text === "" && reject(error));
    socket.on("close", () => resolve(text.slice(0, text.indexOf("\r\n"))));
  });
}
