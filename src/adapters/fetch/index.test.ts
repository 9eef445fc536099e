import assert from "node:assert/strict";
import { test } from "node:test";
import { createSessions, memoryStore } from "../../index.ts";
import { withSession } from "./index.ts";

const sessions = createSessions<{ visits?: number }>({
  secret: "0123456789abcdefghijklmnopqrstuvwxyzABCDEF",
  store: memoryStore(),
});

test("a response that can't be copied is passed through as it is", async () => {
  for (const response of [Response.error(), handshake()]) {
    const handler = withSession(sessions, (_request, session) => {
      session.visits = (session.visits ?? 0) + 1;
      return response;
    });
    assert.equal(await handler(new Request("http://localhost/")), response);
  }
});

/** As Deno and Workers return one for a WebSocket. */
function handshake(): Response {
  return Object.defineProperty(new Response(null), "status", { value: 101 });
}

test("a redirect, whose headers can't be changed, carries the cookie", async () => {
  const handler = withSession(sessions, (_request, session) => {
    session.visits = 1;
    return Response.redirect("http://localhost/next");
  });
  const { status, headers } = await handler(new Request("http://localhost/"));
  assert.deepEqual([status, headers.getSetCookie().length], [302, 1]);
});
