import assert from "node:assert/strict";
import { test } from "node:test";
import { hasWalResetBug, withoutExperimentalWarning } from "./load-sqlite.ts";

test("SQLite with the WAL-reset bug is told by its version", () => {
  const bad = ["3.7.0", "3.44.5", "3.45.0", "3.47.2", "3.49.1", "3.50.6", "3.51.0", "3.51.2"];
  const good = ["3.44.6", "3.50.7", "3.51.3", "3.52.0", "3.53.4", "4.0.0"];
  assert.deepEqual(bad.filter(hasWalResetBug), bad);
  assert.deepEqual(good.filter(hasWalResetBug), []);
});

test("only the warning of an experimental module is kept back while it is loaded", async () => {
  const heard: string[] = [];
  const listener = ({ name }: Error): unknown => heard.push(name);
  process.on("warning", listener);
  const { emitWarning } = process;
  withoutExperimentalWarning(() => {
    process.emitWarning("a module", "ExperimentalWarning");
    process.emitWarning("another thing", "OtherWarning");
  });
  assert.equal(process.emitWarning, emitWarning);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", listener);
  assert.deepEqual(heard, ["OtherWarning"]);
});
