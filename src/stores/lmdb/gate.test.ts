import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Gate } from "./gate.ts";

interface Place {
  readonly gate: Gate;
  readonly other: ChildProcess;
  /** The path of a sign of the other process. */
  sign(kind: "writer" | "opener"): string;
}

/** A gate, and another process that lives and whose signs the test makes. */
async function newPlace(t: TestContext): Promise<Place> {
  const directory = mkdtempSync(join(tmpdir(), "coatcheck-gate-"));
  const gate = new Gate(directory);
  const other = spawn(process.execPath, ["--eval", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "inherit"] });
  t.after(() => {
    gate.close();
    other.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  });
  await once(other, "spawn");
  return { gate, other, sign: (kind) => join(directory, "gate", `${kind}-${other.pid}-ff`) };
}

test("writes go through an open gate at once, and are said as long as one is under way", async (t) => {
  const { gate, sign } = await newPlace(t);
  const directory = join(sign("writer"), "..");
  let end = (): void => {};
  let began = false;
  const write = gate.pass(async () => {
    began = true;
    await new Promise<void>((resolve) => {
      end = resolve;
    });
    return 7;
  });
  assert.ok(began);
  assert.equal(readdirSync(directory).length, 1);
  end();
  assert.equal(await write, 7);
  assert.equal(
    gate.closedFor(100, () => "opened"),
    "opened",
    "what this process writes itself does no harm",
  );
});

test("writes wait while another process opens, and then begin in their order", async (t) => {
  const { gate, sign } = await newPlace(t);
  writeFileSync(sign("opener"), "");
  const began: number[] = [];
  const writes = [1, 2, 3].map((n) => gate.pass(async () => began.push(n)));
  await sleep(30);
  assert.deepEqual(began, []);
  rmSync(sign("opener"));
  await Promise.all(writes);
  assert.deepEqual(began, [1, 2, 3]);
});

test("a write that fails lets others through", async (t) => {
  const { gate, sign } = await newPlace(t);
  const fail = async (): Promise<void> => {
    throw new Error("on purpose");
  };
  await assert.rejects(gate.pass(fail), /on purpose/);
  writeFileSync(sign("opener"), "");
  const waiting = assert.rejects(gate.pass(fail), /on purpose/);
  rmSync(sign("opener"));
  await waiting;
  assert.equal(await gate.pass(async () => 1), 1);
});

test("an opening waits until no other process writes, and gives up in time", async (t) => {
  const { gate, sign } = await newPlace(t);
  writeFileSync(sign("writer"), "1");
  const began = performance.now();
  assert.throws(() => gate.closedFor(50, () => assert.fail("opened")), /did not make way/);
  assert.ok(performance.now() - began >= 50);
  assert.deepEqual(
    readdirSync(join(sign("writer"), "..")).filter((name) => name.startsWith("opener")),
    [],
  );
  writeFileSync(sign("writer"), "0");
  assert.equal(
    gate.closedFor(5_000, () => "opened"),
    "opened",
  );
});

test("an opening waits for another one", async (t) => {
  const { gate, sign } = await newPlace(t);
  writeFileSync(sign("opener"), "");
  assert.throws(() => gate.closedFor(50, () => assert.fail("opened")), /did not make way/);
  rmSync(sign("opener"));
  assert.ok(gate.closedFor(5_000, () => existsSync(join(sign("writer"), ".."))));
});

test("what a dead process said is forgotten, and what a living one said long ago", async (t) => {
  const { gate, other, sign } = await newPlace(t);
  const longAgo = new Date(Date.now() - 60_000);
  for (const kind of ["opener", "writer"] as const) {
    writeFileSync(sign(kind), "1");
    utimesSync(sign(kind), longAgo, longAgo);
  }
  assert.equal(
    gate.closedFor(1_000, () => "opened"),
    "opened",
  );
  for (const kind of ["opener", "writer"] as const) writeFileSync(sign(kind), "1");
  const exit = once(other, "exit");
  other.kill("SIGKILL");
  await exit;
  assert.equal(await gate.pass(async () => 1), 1);
  assert.equal(
    gate.closedFor(1_000, () => "opened"),
    "opened",
  );
  assert.equal(existsSync(sign("opener")) || existsSync(sign("writer")), false);
});
