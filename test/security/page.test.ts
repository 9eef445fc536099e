// docs/security.md says what is so: its table of rows is the sources' and its limits are the code's.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import ms from "ms";
import { checkOptions } from "../../src/core/options.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { SECRET } from "../fixtures/manager.ts";
import { findNamedTests, idsIn, namesIn } from "./named-tests.ts";
import { PAGE, tableInPage, tableOf, testsOfRows } from "./page.ts";
import { rows } from "./rows.ts";

const page = readFileSync(PAGE, "utf8");

test("every row of the security bar has a test that names it, and every id that a test names is a row", () => {
  const tests = testsOfRows();
  assert.deepEqual(
    rows.filter(({ id }) => tests.get(id)?.length === 0).map(({ id }) => id),
    [],
  );
  const known = new Set(rows.map(({ id }) => id));
  const named = findNamedTests().flatMap(({ name }) => idsIn(name));
  assert.deepEqual(
    named.filter((id) => !known.has(id)),
    [],
  );
});

test("the page lists each row with the tests that the sources have, all passing when it was written", () => {
  const [inPage, wanted] = [tableInPage().split("\n"), tableOf(() => "pass").split("\n")];
  const wrong = [
    ...inPage.filter((line) => !wanted.includes(line)).map((line) => `not so: ${line.slice(0, 200)}`),
    ...wanted.filter((line) => !inPage.includes(line)).map((line) => `missing: ${line.slice(0, 200)}`),
  ];
  assert.deepEqual(wrong, [], "npm run test:security -- --write puts it right, once all rows pass");
});

test("names are found as sources spell them: in tests, in tables of cases, with what is only known at run time", () => {
  // In parts, so that this file does not name them itself.
  const [one, two] = [`${"S"}1 S2 a | b`, `${"S"}3 on `];
  const source = `test("${one}", () => {});\n  [\`${two}$${"{kind.name}"}: it's\`, 5],\ntest('no ${one}');`;
  assert.deepEqual(namesIn(source), [one, `${two}…: it's`]);
  assert.deepEqual(idsIn(`${one}, S30; no S`), ["S1", "S2", "S30"]);
});

test("S44 the page's timeouts and limits are the defaults in the code", () => {
  const options = checkOptions({ secret: SECRET }, () => memoryStore());
  const ofOptions: Record<string, unknown> = {
    idleTimeout: options.limits.idle,
    absoluteTimeout: options.limits.absolute,
    storeTimeout: options.storeTimeout,
    renewInterval: options.renewInterval ?? "never",
    maxSessionsPerOwner: options.sessionLimit ?? "none",
    permanent: options.permanent ? "on" : "off",
    whenStoreUnavailable: options.whenStoreUnavailable,
    encryption: options.encryption ?? "off",
  };
  const limits = limitsInPage();
  for (const { what, value, where, reason } of limits) {
    const [, constant, file] = /^`(\w+)` in \[[\w-]+\.ts\]\((.+)\)$/.exec(where) ?? [];
    const option = /^option `(\w+)`$/.exec(where)?.[1] ?? "";
    const inCode = constant === undefined ? ofOptions[option] : constantIn(file ?? "", constant);
    assert.notEqual(inCode, undefined, `${what}: ${where} names nothing`);
    assert.equal(typeof inCode === "number" ? numberOf(value) : value, inCode, `${what} is another in the code`);
    assert(reason.length > 30, `${what} has a reason`);
  }
  const named = limits.map(({ where }) => where).join();
  for (const option of Object.keys(ofOptions)) assert(named.includes(`\`${option}\``), `${option} stands in the page`);
});

interface LimitInPage {
  readonly what: string;
  readonly value: string;
  readonly where: string;
  readonly reason: string;
}

function limitsInPage(): LimitInPage[] {
  const [, table = ""] = /\| limit \|.*\n\|[-|]+\n((?:\|.*\n)+)/.exec(page) ?? [];
  const lines = table.trim().split("\n");
  assert(lines.length > 15, "the table is found");
  return lines.map((line) => {
    const [what = "", value = "", where = "", reason = ""] = line
      .split("|")
      .map((cell) => cell.trim())
      .slice(1);
    return { what, value, where, reason };
  });
}

/** `"31 days"`, `"100,000"`, `"256 MB"`. */
function numberOf(value: string): number {
  if (value.endsWith(" MB")) return Number(value.slice(0, -3)) * 1024 * 1024;
  return /^[\d,]+$/.test(value) ? Number(value.replaceAll(",", "")) : ms(value as "1 day");
}

/** The number that a constant has in a source: a number, or a product of numbers. */
function constantIn(file: string, name: string): number | undefined {
  const source = readFileSync(join("docs", file), "utf8");
  const [, product] = new RegExp(`^(?:export )?const ${name}(?:: number)? = ([\\d_ *]+);`, "m").exec(source) ?? [];
  return product?.split("*").reduce((result, factor) => result * Number(factor.replaceAll("_", "")), 1);
}
