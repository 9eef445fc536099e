// Who hears of sessions that end, and what becomes of an error of theirs.
import assert from "node:assert/strict";
import test from "node:test";
import { setImmediate as macrotask } from "node:timers/promises";
import { createEndListeners } from "./end-listeners.ts";

test("one that throws is a warning with the store's name, and the others hear of the end all the same", async () => {
  const warnings: string[] = [];
  const listen = (warning: Error) => void warnings.push(`${warning.name}: ${warning.message}`);
  process.on("warning", listen);
  const listeners = createEndListeners("the Redis store");
  const told: unknown[] = [];
  listeners.add(() => {
    throw new Error("no room");
  });
  listeners.add((...end) => void told.push(end));
  listeners.tell("k1", "k2");
  await macrotask();
  process.off("warning", listen);
  assert.deepEqual(told, [["k1", "k2"]]);
  assert.deepEqual(warnings, ["CoatcheckWarning: A listener of the Redis store threw: no room"]);
});

test("one that listens twice hears twice, and ends its subscriptions one by one", () => {
  let ended = 0;
  const listeners = createEndListeners("the memory store", () => void ended++);
  const told: string[] = [];
  const listener = (key: string) => void told.push(key);
  const [first, second] = [listeners.add(listener), listeners.add(listener)];
  listeners.tell("k1", undefined);
  first();
  first();
  assert.deepEqual([listeners.size, ended], [1, 0]);
  listeners.tell("k2", undefined);
  second();
  second();
  assert.deepEqual([listeners.size, ended], [0, 1], "the end of the last one is told once");
  listeners.tell("k3", undefined);
  assert.deepEqual(told, ["k1", "k1", "k2"]);
});

test("what is forgotten hears nothing more, and its end is no end of a subscription", () => {
  let ended = 0;
  const listeners = createEndListeners("the memory store", () => void ended++);
  const told: string[] = [];
  const unsubscribe = listeners.add((key) => void told.push(key));
  listeners.clear();
  listeners.tell("k1", undefined);
  unsubscribe();
  assert.deepEqual([told, ended], [[], 0]);
});
