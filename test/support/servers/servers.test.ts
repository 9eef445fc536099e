// Private servers keep their data over a crash, can be frozen, and leave nothing behind: not even when their test dies.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { skipWithoutOwn } from "./own.ts";
import { startPostgres } from "./postgres.ts";
import { startRedis } from "./redis.ts";

const LIMIT = 10 * 60_000;

test("Redis comes back on the same port with what it has logged", { skip: skipWithoutOwn("Redis") }, async (t) => {
  const server = await startRedis({ appendonly: "always" });
  t.after(() => server.stop());
  await server.command("SET", "key", "value");
  await server.kill9();
  await assert.rejects(server.command("PING"));
  await server.restart();
  assert.equal(await server.command("GET", "key"), "value");
});

test("a frozen server accepts connections and answers when it is thawed", {
  skip: skipWithoutOwn("Redis"),
}, async (t) => {
  const server = await startRedis();
  t.after(() => server.stop());
  server.freeze();
  const answer = server.command("PING");
  assert.equal(await Promise.race([answer, sleep(200, "none")]), "none");
  server.thaw();
  assert.equal(await answer, "PONG");
});

test("a stopped server leaves no folder", { skip: skipWithoutOwn("PostgreSQL") }, async (t) => {
  const server = await startPostgres();
  t.after(() => server.stop());
  assert.ok(existsSync(server.data));
  await server.stop();
  assert.equal(server.isRunning(), false);
  assert.ok(!existsSync(path.dirname(server.data)));
});

test("servers end with their test, even when that is killed", { skip: skipWithoutOwn("Redis") }, async () => {
  const program = `
    const { startRedis } = await import(${JSON.stringify(path.join(import.meta.dirname, "redis.ts"))});
    const server = await startRedis({ args: ["--logfile", ""] });
    const [, folder] = await server.command("CONFIG", "GET", "dir").then((answer) => Object.entries(answer).flat(2));
    process.stdout.write(JSON.stringify({ port: server.port, folder }) + "\\n");
    setInterval(() => {}, 1_000);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout, "data");
  const { port, folder } = JSON.parse(String(line)) as { port: number; folder: string };
  assert.ok(existsSync(folder));
  child.kill("SIGKILL");
  await once(child, "exit");
  for (const limit = Date.now() + LIMIT; existsSync(folder); await sleep(20)) {
    assert.ok(Date.now() < limit, `${folder} is removed within ${LIMIT} ms`);
  }
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`), "nothing listens any more");
});
