// Rules and paths, beside werkzeug: the same view, variables, redirect or refusal.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { createRouteTable, type RouteMatch } from "../../src/flask/routing.ts";
import { startPython } from "./python-lines.ts";

const python = startPython("routes.py");
after(() => python.close());

const TABLES = 400;
const REQUESTS = 40;
const seed = Number(process.env["COATCHECK_SEED"] ?? Date.now() % 2 ** 31);

type Rule = readonly [rule: string, methods: readonly string[]];
type Request = readonly [method: string, path: string];

const VARIABLES = ["<V>", "<int:V>", "<float:V>", "<path:V>", "<uuid:V>", "<string:V>"];
const piece = fc.constantFrom(
  "a",
  "b",
  "ab",
  "edit",
  "files",
  ...VARIABLES,
  "x<V>",
  "<V>y",
  "<int:V>-<V>",
  "a<path:V>",
);
const rule = fc.tuple(fc.array(piece, { maxLength: 4 }), fc.boolean()).map(([pieces, endsWithSlash]) => {
  let count = 0;
  const path = pieces.map((text) => text.replaceAll("V", () => `v${count++}`)).join("/");
  return `/${path}${endsWithSlash && path !== "" ? "/" : ""}`;
});
const methods = fc.constantFrom(["GET"], ["GET", "POST"], ["POST"], ["PUT"]);
const tableOfRules: fc.Arbitrary<Rule[]> = fc.uniqueArray(fc.tuple(rule, methods), { minLength: 1, maxLength: 8 });
const text = fc.constantFrom("a", "b", "ab", "edit", "files", "7", "1.5", "xq", "qy", "3-z", "", "é", "a b");
const uuid = "a987fbc9-4bed-4078-8f07-9141ba07c9f3";
const path = fc
  .tuple(fc.array(fc.oneof(text, fc.constant(uuid)), { maxLength: 5 }), fc.boolean())
  .map(([parts, endsWithSlash]) => `/${parts.join("/")}${endsWithSlash ? "/" : ""}`.replace(/^\/+/, "/"));
const requests: fc.Arbitrary<Request[]> = fc.array(fc.tuple(fc.constantFrom("GET", "POST", "DELETE"), path), {
  minLength: REQUESTS,
  maxLength: REQUESTS,
});

function ask(rules: readonly Rule[], asked: readonly Request[]): unknown[] {
  const routes = createRouteTable();
  for (const [one, its] of rules) routes.add(one, one, its);
  return asked.map(([method, target]) => answerOf(routes.match(method, target), target));
}

function answerOf(match: RouteMatch, target: string): unknown[] {
  switch (match.kind) {
    case "found": {
      const values = Object.entries(match.params).map(([name, value]) => [name, textOf(match.route.rule, name, value)]);
      return ["found", match.route.rule, Object.fromEntries(values)];
    }
    case "redirect": {
      const location = match.mergeSlashes ? target.replace(/\/{2,}/g, "/") : target;
      return ["redirect", encodeURI(location + (match.addSlash ? "/" : ""))];
    }
    case "methodNotAllowed":
      return ["methods", match.methods.filter((name) => name !== "OPTIONS")];
    default:
      return ["none"];
  }
}

/** As Python writes it: a float has a point. */
function textOf(one: string, name: string, value: unknown): string {
  return one.includes(`<float:${name}>`) && Number.isInteger(value) ? `${value}.0` : String(value);
}

test(`${TABLES} sets of rules lead ${TABLES * REQUESTS} requests where werkzeug leads them (COATCHECK_SEED=${seed})`, async () => {
  const cases = fc.sample(fc.record({ rules: tableOfRules, requests }), { numRuns: TABLES, seed });
  const found = new Set<unknown>();
  for (const { rules, requests: asked } of cases) {
    const theirs = await python.ask<unknown[][]>({ rules, requests: asked });
    const ours = ask(rules, asked);
    for (const [i, request] of asked.entries()) {
      assert.deepEqual(ours[i], theirs[i], JSON.stringify({ rules, request }));
      found.add(theirs[i]?.[0]);
    }
  }
  assert.deepEqual([...found].sort(), ["found", "methods", "none", "redirect"]);
});

test("the rules of the report: a longer rule that a path could swallow, and a slash that is missing", async () => {
  const rules: Rule[] = [
    ["/files/<path:p>", ["GET"]],
    ["/files/<path:p>/edit", ["GET"]],
    ["/<name>", ["GET"]],
    ["/b/", ["GET"]],
  ];
  const asked: Request[] = [
    ["GET", "/files/a/b/edit"],
    ["GET", "/files/a/b"],
    ["GET", "/b"],
    ["GET", "/c"],
  ];
  const expected = [
    ["found", "/files/<path:p>/edit", { p: "a/b" }],
    ["found", "/files/<path:p>", { p: "a/b" }],
    ["redirect", "/b/"],
    ["found", "/<name>", { name: "c" }],
  ];
  assert.deepEqual(await python.ask({ rules, requests: asked }), expected);
  assert.deepEqual(ask(rules, asked), expected);
});
