// Imports and requires the exports of the package that are named on the command line: both must be the same objects.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

for (const name of process.argv.slice(2)) {
  const imported = await import(name);
  const required = require(name);
  if (typeof required === "function") {
    assert.equal(required, imported.default, name);
    continue;
  }
  for (const [key, value] of Object.entries(imported)) assert.equal(required[key], value, `${key} of ${name}`);
}
