// Log in on either, be logged in on both, log out on either.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

const site = `http://localhost:${process.env.PORT ?? 3000}`;
let server: ChildProcess | undefined;
/** What the browser has. */
let cookie = "";

before(async () => {
  const env = { ...process.env, SECRET_KEY: randomBytes(32).toString("base64url") };
  server = spawn(process.execPath, ["start.ts"], { env, stdio: "inherit" });
  for (const path of ["/ts", "/flask"]) {
    for (let tries = 0; ; tries++) {
      const isUp = await fetch(site + path).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isUp) break;
      assert.ok(tries < 100, `${path} does not answer`);
      await sleep(200);
    }
  }
});
after(() => server?.kill());

async function visit(path: string, form?: Record<string, string>): Promise<string> {
  const response = await fetch(site + path, {
    headers: { cookie },
    redirect: "manual",
    ...(form ? { method: "POST", body: new URLSearchParams(form) } : {}),
  });
  for (const setCookie of response.headers.getSetCookie()) [cookie = ""] = setCookie.split(";");
  return response.text();
}

for (const [one, other] of [
  ["flask", "ts"],
  ["ts", "flask"],
] as const) {
  test(`logged in on ${one}, logged in on both; logged out on ${other}, logged out on both`, async () => {
    cookie = "";
    await visit(`/${one}/login`, { username: "ada" });
    assert.match(await visit(`/${one}`), /Logged in as ada/);
    assert.match(await visit(`/${other}`), /Logged in as ada/);
    await visit(`/${other}/logout`, {});
    assert.match(await visit(`/${other}`), /not logged in/);
    assert.match(await visit(`/${one}`), /not logged in/);
  });
}

test("a message that Flask has flashed is shown once, in TypeScript", async () => {
  cookie = "";
  await visit("/flask/login", { username: "ada" });
  assert.match(await visit("/ts"), /Flask let you in/);
  assert.doesNotMatch(await visit("/ts"), /Flask let you in/);
  assert.match(await visit("/flask"), /Logged in as ada/);
});

test("a forged cookie is nobody on either side", async () => {
  cookie = "session=eyJ1c2VybmFtZSI6ImFkYSJ9.ZVPxAA.AAAAAAAAAAAAAAAAAAAAAAAAAAA";
  assert.match(await visit("/ts"), /not logged in/);
  assert.match(await visit("/flask"), /not logged in/);
});
