// An app's own cookies, beside werkzeug: what either sets, the other reads.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { Flask, makeResponse, request } from "../../src/flask/index.ts";
import { startPython } from "./python-lines.ts";

const python = startPython("cookies.py");
after(() => python.close());

const COUNT = 500;
const seed = Number(process.env["COATCHECK_SEED"] ?? Date.now() % 2 ** 31);
const given = ["ü", "a,b", '{"a":1}', "", "a b", '"', "\\", "%20", "a=b;c", "中文😀", "\u0001\n\u001f\u007f"];
const unit = fc.oneof(fc.constantFrom(...'aB0 ",;\\%=ü中\n\u007f'), fc.string({ unit: "grapheme", maxLength: 2 }));
const values = [
  ...given,
  ...fc.sample(
    fc.array(unit, { maxLength: 8 }).map((parts) => parts.join("")),
    { numRuns: COUNT, seed },
  ),
];

const app = new Flask(import.meta.url);
let value = "";
app.get("/set", function set() {
  const response = makeResponse("");
  response.setCookie("c", value, { maxAge: 5, httpOnly: true });
  return response;
});
app.get("/read", function read() {
  return { pairs: [...request.cookies] };
});

async function set(one: string): Promise<string> {
  value = one;
  return (await app.request("/set")).headers.getSetCookie()[0] ?? "";
}

async function read(header: string): Promise<unknown> {
  const response = await app.request("/read", { headers: { Cookie: header } });
  const { pairs } = (await response.json()) as { pairs: unknown };
  return pairs;
}

const pairOf = (setCookie: string): string => setCookie.split("; ")[0] ?? "";
/** What quotes as werkzeug does has no `; ` inside a value. */
const attributesOf = (setCookie: string): string => setCookie.split("; ").slice(1).join("; ");

test(`${values.length} values that Flask sets are read here, and those that are set here by Flask (COATCHECK_SEED=${seed})`, async () => {
  const theirs = (await python.ask<string[]>({ dump: values })).map(pairOf);
  const ours: string[] = [];
  for (const one of values) ours.push(pairOf(await set(one)));
  const expected = values.map((one) => [["c", one]]);
  for (const [i, header] of theirs.entries()) assert.deepEqual(await read(header), expected[i], header);
  assert.deepEqual(await python.ask({ parse: ours }), expected);
});

test("a Cookie header of any kind is read as werkzeug reads it", async () => {
  const headers = [
    'a=1; a=2;b; =x;c="\\303\\274" ; d = " e',
    "%41=%42",
    'q="a\\"b\\\\"',
    "x=a=b",
    'y="',
    "\u00c3\u00bc=\u00c3\u00bc",
    ";;",
  ];
  const theirs = await python.ask<unknown[]>({ parse: headers });
  for (const [i, header] of headers.entries()) assert.deepEqual(await read(header), theirs[i], header);
});

test("the attributes stand behind the value as before", async () => {
  assert.equal(attributesOf(await set("ü")), "Max-Age=5; Path=/; HttpOnly");
});
