import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeHeaders } from "./before-headers.ts";

let handle: (res: ServerResponse) => unknown;
const server = createServer((_req, res) => void handle(res));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
after(() => server.close());

async function answerOf(handler: typeof handle): Promise<{ status: number; text: string; headers: Headers }> {
  handle = handler;
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

/** A work that notes its name in a header, at once or after a while. */
function note(res: ServerResponse, name: string, ms?: number): () => void | Promise<void> {
  const done = (): void => void res.appendHeader("X-Done", name);
  return ms === undefined ? done : () => sleep(ms).then(done);
}

function unexpected(error: unknown): never {
  throw error;
}

function answer500(res: ServerResponse): () => void {
  return () => void res.writeHead(500, { "X-Answer": "failure" }).end("failed");
}

for (const [how, first, second] of [
  ["at once", undefined, undefined],
  ["later", 5, 1],
  ["at once and later", 5, undefined],
  ["later and at once", undefined, 5],
] as const) {
  test(`two works are done ${how}, the last to come first, before the headers`, async () => {
    const { text, headers } = await answerOf((res) => {
      beforeHeaders(res, note(res, "first", first), unexpected);
      beforeHeaders(res, note(res, "second", second), unexpected);
      res.writeHead(200, { "X-App": "yes" });
      assert.equal(res.write("a"), first === undefined && second === undefined);
      res.end("b");
    });
    assert.deepEqual([text, headers.get("x-app"), headers.get("x-done")], ["ab", "yes", "second, first"]);
  });

  test(`when one of two works done ${how} fails, the other is done all the same, and the app's answer is dropped`, async () => {
    const { status, text, headers } = await answerOf((res) => {
      const failing = note(res, "never", second);
      beforeHeaders(res, note(res, "first", first), unexpected);
      beforeHeaders(
        res,
        () => (second === undefined ? fail() : (failing() as Promise<void>).then(fail)),
        answer500(res),
      );
      res.writeHead(200, { "X-App": "yes" });
      res.write("the app's ");
      setTimeout(() => res.end("answer"), 20);
    });
    assert.deepEqual([status, text, headers.get("x-answer")], [500, "failed", "failure"]);
    assert.match(headers.get("x-done") ?? "", /first$/);
  });
}

function fail(): never {
  throw new Error("The store is out.");
}

test("a work that was let go is not done, and the other one is", async () => {
  for (const index of [0, 1]) {
    const { headers } = await answerOf((res) => {
      const letGo = ["first", "second"].map((name) => beforeHeaders(res, note(res, name), unexpected));
      assert.equal(letGo[index]?.(), true);
      res.end();
      assert.equal(letGo[1 - index]?.(), false);
    });
    assert.equal(headers.get("x-done"), ["second", "first"][index]);
  }
  const { headers } = await answerOf((res) => {
    assert.equal(beforeHeaders(res, note(res, "only"), unexpected)(), true);
    res.end();
  });
  assert.equal(headers.get("x-done"), null);
});

test("methods that others wrap before and after are called, each once", async () => {
  const calls: string[] = [];
  const wrap = (res: ServerResponse, name: string): void => {
    const { end } = res;
    res.end = (...args: unknown[]) => {
      calls.push(name);
      return Reflect.apply(end, res, args);
    };
  };
  const { text, headers } = await answerOf((res) => {
    wrap(res, "inner");
    beforeHeaders(res, note(res, "work", 1), unexpected);
    wrap(res, "outer");
    beforeHeaders(res, note(res, "second", 1), unexpected);
    res.end("text");
  });
  assert.deepEqual([text, headers.get("x-done"), calls], ["text", "second, work", ["outer", "inner"]]);
});
