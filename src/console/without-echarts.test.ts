// Where echarts is not installed: a process that can't find it shows the same numbers as tables.
import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import { test } from "node:test";
import { visit } from "../../test/fixtures/console/browser.ts";

registerHooks({
  resolve(specifier, context, next) {
    if (!specifier.startsWith("echarts")) return next(specifier, context);
    throw Object.assign(new Error(`Cannot find package 'echarts'`), { code: "ERR_MODULE_NOT_FOUND" });
  },
});

test("without echarts the page says so and has the numbers as tables", async (t) => {
  const { startProgram } = await import("../../test/fixtures/console/program.ts");
  const program = await startProgram();
  t.after(() => program.close());
  const admin = await visit(program.url).logIn("admin");
  await visit(program.url).logIn("ada");
  const { status, text } = await admin.get("/sessions/activity");
  assert.equal(status, 200);
  assert.match(text, /Charts need the package echarts/);
  assert.doesNotMatch(text, /<picture|<details/);
  assert.match(text, /<h2>Logins<\/h2>[\s\S]*?<p>2 in all<\/p>[\s\S]*?<td class="number">2<\/td>/);
  assert.equal((await admin.get("/sessions/charts/logins.svg")).status, 404);
});
