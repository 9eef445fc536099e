// The table of features in docs/flask.md names a test for each: those tests are there.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { ROOT } from "../../test/fixtures/flask/helpers.ts";

interface NamedTest {
  readonly feature: string;
  readonly file: string;
  readonly name: string;
}

/** The rows of the one table whose last column is "tested by". */
function namedTests(page: string): NamedTest[] {
  const [, table = ""] = page.split(/^\|.*\| tested by \|\n/m);
  const rows = table.split("\n\n")[0]?.split("\n").slice(1) ?? [];
  return rows.map((row) => {
    const [feature = "", , testedBy = ""] = row.slice("| ".length, -" |".length).split(" | ");
    const [, file = "", name = ""] = /^`([^`]+)`: (.*)$/.exec(testedBy) ?? [];
    return { feature, file, name };
  });
}

/** Whether a file has a test of this name. What is put into a name that is put together stands in the file, too. */
function hasTest(source: string, name: string): boolean {
  const names = [...source.matchAll(/\btest\w*\(\s*(["`])((?:\\.|(?!\1).)*)\1/g)].map(([, , text = ""]) => text);
  return names.some((text) => {
    const [whole, ...putIn] = patternOf(text).exec(name) ?? [];
    return whole !== undefined && putIn.every((part) => source.includes(part));
  });
}

function patternOf(text: string): RegExp {
  const parts = text.split(/\$\{[^}]*\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("(.+)")}$`);
}

test("every feature of Flask's in the table of docs/flask.md is tested by the test that it names", () => {
  const named = namedTests(readFileSync(`${ROOT}docs/flask.md`, "utf8"));
  assert.ok(named.length > 30, `${named.length} rows`);
  for (const { feature, file, name } of named) {
    assert.ok(name.length > 10, `${feature} names no test`);
    assert.ok(existsSync(ROOT + file), `${feature}: there is no ${file}`);
    assert.ok(hasTest(readFileSync(ROOT + file, "utf8"), name), `${feature}: ${file} has no test "${name}"`);
  }
});

test("a test that is not there is missed, and one whose name is put together is found", () => {
  const source = [
    'test("one", () => {});',
    'for (const way of ["all"]) test(`two of $',
    "{way} here`, () => {});",
  ].join("");
  assert.deepEqual(
    ["one", "two of all here", "two of none here", "on", "one more", "three"].map((name) => hasTest(source, name)),
    [true, true, false, false, false, false],
  );
  assert.deepEqual(namedTests("| a | here | tested by |\n|---|---|---|\n| x | y | `f.ts`: the name |\n\nmore"), [
    { feature: "x", file: "f.ts", name: "the name" },
  ]);
});
