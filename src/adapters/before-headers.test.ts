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

/** A work whose name is noted in a header, done at once or after a while. */
function work(res: ServerResponse, name: string, ms?: number, fail = unexpected): () => boolean {
  const run = (): string | Promise<string> => (ms === undefined ? name : sleep(ms, name));
  return beforeHeaders(res, run, (_res, result) => void res.appendHeader("X-Done", result), fail);
}

function unexpected(error: unknown): void {
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
      work(res, "first", first);
      work(res, "second", second);
      res.writeHead(200, { "X-App": "yes" });
      assert.equal(res.write("a"), first === undefined && second === undefined);
      res.end("b");
    });
    assert.deepEqual([text, headers.get("x-app"), headers.get("x-done")], ["ab", "yes", "second, first"]);
  });

  test(`when one of two works done ${how} fails, the other is done all the same, and the app's answer is dropped`, async () => {
    const { status, text, headers } = await answerOf((res) => {
      work(res, "first", first);
      beforeHeaders(res, () => (second === undefined ? fail() : sleep(second).then(fail)), never, answer500(res));
      res.writeHead(200, { "X-App": "yes" });
      res.write("the app's ");
      setTimeout(() => res.end("answer"), 20);
    });
    assert.deepEqual([status, text, headers.get("x-answer")], [500, "failed", "failure"]);
    assert.match(headers.get("x-done") ?? "", /first$/);
  });
}

function never(): never {
  assert.fail("What has failed has nothing to tell.");
}

function fail(): never {
  throw new Error("The store is out.");
}

test("a work that was let go is not done, and the other one is", async () => {
  for (const index of [0, 1]) {
    const { headers } = await answerOf((res) => {
      const letGo = ["first", "second"].map((name) => work(res, name));
      assert.equal(letGo[index]?.(), true);
      res.end();
      assert.equal(letGo[1 - index]?.(), false);
    });
    assert.equal(headers.get("x-done"), ["second", "first"][index]);
  }
  const { headers } = await answerOf((res) => {
    assert.equal(work(res, "only")(), true);
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
    work(res, "work", 1);
    wrap(res, "outer");
    work(res, "second", 1);
    res.end("text");
  });
  assert.deepEqual([text, headers.get("x-done"), calls], ["text", "second, work", ["outer", "inner"]]);
});

for (const how of ["end", "write"] as const) {
  test(`${how} with what is no body throws to the app, which can still answer`, async () => {
    const { status, text, headers } = await answerOf((res) => {
      work(res, "work", 1);
      assert.throws(() => res[how](["no", "body"] as never), { code: "ERR_INVALID_ARG_TYPE" });
      res.writeHead(400).end("the app's answer");
    });
    assert.deepEqual([status, text, headers.get("x-done")], [400, "the app's answer", "work"]);
  });
}

test("a call that was held and fails is a failure of the response, and no end of the process", async () => {
  const { status, text, headers } = await answerOf((res) => {
    work(res, "work", 1, (error) => {
      // Deno has a code of its own for a status that is none.
      assert.match(String((error as { code?: unknown }).code), /^ERR_/);
      answer500(res)();
    });
    res.writeHead(42);
    res.end("b");
  });
  assert.deepEqual([status, text, headers.get("x-done")], [500, "failed", "work"]);
});

test("a response that is held looks as if its head had gone, and keeps what it said until then", async () => {
  const { status, text, headers } = await answerOf((res) => {
    work(res, "work", 1);
    res.statusCode = 401;
    res.setHeader("X-App", "first");
    res.end("the answer");
    assert.deepEqual([res.headersSent, res.writableEnded], [true, true]);
    for (const change of [
      () => res.setHeader("X-App", "second"),
      () => res.appendHeader("X-App", "second"),
      () => res.removeHeader("X-App"),
      () => res.writeHead(200),
    ]) {
      assert.throws(change, { code: "ERR_HTTP_HEADERS_SENT" });
    }
    // Node refuses none of these, and sends none of them.
    res.statusCode = 200;
    res.end("once more");
    res.write("and more");
  });
  assert.deepEqual([status, text, headers.get("x-app"), headers.get("x-done")], [401, "the answer", "first", "work"]);
});

test("a head that was written is not written again by who looks whether it is sent", async () => {
  const { status, text } = await answerOf((res) => {
    work(res, "work", 1);
    const { write } = res;
    res.write = (...args: unknown[]) => {
      if (!res.headersSent) res.writeHead(res.statusCode);
      return Reflect.apply(write, res, args);
    };
    res.writeHead(201);
    assert.deepEqual([res.headersSent, res.writableEnded], [true, false]);
    res.write("a");
    setTimeout(() => res.end("b"), 10);
  });
  assert.deepEqual([status, text], [201, "ab"]);
});

test("who answers a failure later may: until then nothing has been answered", async () => {
  const { status, text } = await answerOf((res) => {
    beforeHeaders(
      res,
      () => sleep(1).then(fail),
      never,
      () => {
        assert.equal(res.headersSent, false);
        setTimeout(answer500(res), 5);
      },
    );
    res.end("the app's answer");
  });
  assert.deepEqual([status, text], [500, "failed"]);
});
