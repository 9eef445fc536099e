// The login program: its devices page, and the console for the user whom ADMIN names.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Visit, visit } from "../../test/fixtures/console/browser.ts";
import { startExample } from "../../test/fixtures/example.ts";
import { SECRET } from "../../test/fixtures/manager.ts";

async function start(t: TestContext, environment: Record<string, string>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "coatcheck-console-"));
  const example = await startExample({ SECRET_KEY: SECRET, SESSION_PATH: join(folder, "sessions"), ...environment });
  t.after(async () => {
    await example.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  return example.url.replace(/\/$/, "");
}

async function logIn(url: string, username: string): Promise<Visit> {
  const visitor = visit(url);
  const form = (await visitor.get("/login")).text;
  const fields = Object.fromEntries(
    [...form.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = "", value = ""]) => [
      name,
      value,
    ]),
  );
  await visitor.post(
    "/login",
    { ...fields, username },
    { "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0" },
  );
  return visitor;
}

test("ADMIN sees the console at /sessions, others do not, and everyone sees their own devices", async (t) => {
  const url = await start(t, { ADMIN: "root" });
  const user = await logIn(url, "ada");
  assert.match((await user.get("/")).text, /<a href="\/devices">Your devices<\/a>/);
  assert.doesNotMatch((await user.get("/")).text, /\/sessions/);
  const devices = await user.get("/devices");
  assert.match(devices.text, /Firefox on Linux[\s\S]*This device[\s\S]*127\.0\.0\.1/);
  assert.equal((await user.get("/sessions")).status, 403);

  const admin = await logIn(url, "root");
  assert.match((await admin.get("/")).text, /<a href="\/sessions">All sessions<\/a>/);
  const list = await admin.get("/sessions");
  assert.match(list.text, /<bdi>ada<\/bdi>/);
  assert.match(list.text, /<dt>Logins, last hour<\/dt><dd>2<\/dd>/);
  assert.match((await admin.submit("/sessions/?by=owner&q=ada", "/sessions/end-all", {})).text, /1 session ended/);
  assert.match((await user.get("/")).text, /You are not logged in/);
});

test("without ADMIN there is no console, and who is not logged in is sent to the login", async (t) => {
  const url = await start(t, { ADMIN: "" });
  const user = await logIn(url, "root");
  assert.equal((await user.get("/sessions")).status, 404);
  assert.equal((await user.get("/devices")).status, 200);
  const sent = await visit(url).get("/devices");
  assert.deepEqual([sent.status, sent.headers.get("location")], [303, "/login"]);
});
