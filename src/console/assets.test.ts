import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { generateAssets } from "../../scripts/console-assets.ts";

test("the generated module holds the present stylesheet, script and icon", () => {
  const generated = readFileSync(new URL("./assets/generated.ts", import.meta.url), "utf8");
  assert.equal(generated, generateAssets(), "Run: npm run node -- scripts/console-assets.ts");
});
