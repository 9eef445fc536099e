import assert from "node:assert/strict";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { applyToNodeResponse } from "../shared/response-headers.ts";
import { setHeadersOf } from "./head-arguments.ts";

const newResponse = (): ServerResponse => new ServerResponse(new IncomingMessage(new Socket()));

function headersAfter(...args: unknown[]): Record<string, unknown> {
  const res = newResponse();
  res.setHeader("X-A", "before");
  setHeadersOf(res, args);
  assert(args.every((argument) => typeof argument !== "object"));
  return { ...res.getHeaders() };
}

const cases: [name: string, args: unknown[], headers: object][] = [
  ["an object", [201, { "X-A": "1", "Set-Cookie": ["a=1", "b=2"] }], { "x-a": "1", "set-cookie": ["a=1", "b=2"] }],
  ["a reason and an object", [201, "Made", { "X-A": "1" }], { "x-a": "1" }],
  ["an object and nothing", [201, { "X-A": "1" }, undefined], { "x-a": "1" }],
  ["nothing and an object", [201, undefined, { "X-A": "1" }], { "x-a": "1" }],
  ["a flat list", [201, ["X-A", "1", "X-B", "2", "x-b", "3"]], { "x-a": "1", "x-b": ["2", "3"] }],
  ["a flat list with a list", [201, ["Set-Cookie", ["a=1", "b=2"]]], { "x-a": "before", "set-cookie": ["a=1", "b=2"] }],
  [
    "pairs",
    [
      201,
      [
        ["X-A", "1"],
        ["X-B", "2"],
      ],
    ],
    { "x-a": "1", "x-b": "2" },
  ],
  ["pairs with a list", [201, [["Set-Cookie", ["a=1", "b=2"]]]], { "x-a": "before", "set-cookie": ["a=1", "b=2"] }],
  ["the status alone", [201], { "x-a": "before" }],
];
for (const [name, args, expected] of cases) {
  test(`headers of writeHead given as ${name}`, () => assert.deepEqual(headersAfter(...args), expected));
}

test("what node refuses is refused", () => {
  assert.throws(() => headersAfter(200, ["X-A", "1", "X-B"]), { code: "ERR_INVALID_ARG_VALUE" });
  assert.throws(() => headersAfter(200, { "X-A": undefined }), { code: "ERR_HTTP_INVALID_HEADER_VALUE" });
  assert.throws(() => headersAfter(200, { "X A": "1" }), { code: "ERR_INVALID_HTTP_TOKEN" });
});

test("a list of cookies that the app keeps never gets a visitor's session cookie", () => {
  const own = ["a=1", "b=2"];
  const ways: ((res: ServerResponse) => unknown)[] = [
    (res) => res.setHeader("Set-Cookie", own),
    (res) => setHeadersOf(res, [200, { "Set-Cookie": own }]),
    (res) => setHeadersOf(res, [200, ["Set-Cookie", own, "Set-Cookie", "c=3"]]),
  ];
  for (const set of ways) {
    const res = newResponse();
    set(res);
    applyToNodeResponse(res, { setCookie: "session=secret", varyOnCookie: true, noStore: true });
    assert.equal((res.getHeader("Set-Cookie") as string[]).at(-1), "session=secret");
    assert.deepEqual(own, ["a=1", "b=2"]);
  }
});
