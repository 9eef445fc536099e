// Sessions where an app answers past Fastify, on Node's own response.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import createApp, { type FastifyInstance } from "fastify";
import { session } from "../../src/adapters/fastify/index.ts";
import { createManager } from "../../src/core/manager.ts";
import type { Session } from "../../src/core/session/types.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { Client } from "../fixtures/browser-client.ts";
import { type AnyData, SECRET } from "../fixtures/manager.ts";
import { type Script, scriptStore } from "../fixtures/scripted-store.ts";

const running: FastifyInstance[] = [];
after(() => Promise.all(running.map((app) => app.close())));

async function start(script: Script): Promise<{ app: FastifyInstance; client: Client }> {
  const store = scriptStore(memoryStore(), script);
  const app = createApp({ forceCloseConnections: true }) as unknown as FastifyInstance;
  running.push(app);
  await app.register(session(createManager<AnyData>({ secret: SECRET, store }, () => store)));
  app.get("/hijack", (request, reply) => {
    request.getDecorator<Session<AnyData>>("session")["name"] = "Ada";
    reply.hijack();
    reply.raw.writeHead(200, { "Content-Type": "text/plain" });
    reply.raw.end("raw");
  });
  app.get("/all", async (request) => JSON.stringify(request.getDecorator<Session<AnyData>>("session")));
  await app.listen({ host: "127.0.0.1", port: 0 });
  return { app, client: new Client(app.listeningOrigin) };
}

const late: Script = async (_method, proceed) => {
  await new Promise((resolve) => setImmediate(resolve));
  return proceed();
};

describe("fastify: answers past Fastify", () => {
  for (const [when, script] of [
    ["at once", (_method, proceed) => proceed()] as [string, Script],
    ["late", late] as const,
  ]) {
    test(`after reply.hijack() the session is stored and its cookie set; the store answers ${when}`, async () => {
      const { client } = await start(script);
      const response = await client.request("/hijack");
      assert.deepEqual([response.status, await response.text(), response.setCookies.length], [200, "raw", 1]);
      assert.equal(await client.get("/all"), '{"name":"Ada"}');
    });
  }

  test("after reply.hijack() a failing store replaces the answer by a 503", async () => {
    const { client } = await start((method, proceed) =>
      method === "create" ? Promise.reject(new Error("cut")) : proceed(),
    );
    const response = await client.request("/hijack");
    assert.deepEqual([response.status, response.setCookies], [503, []]);
    assert.doesNotMatch(await response.text(), /raw/);
  });

  test("the same with app.inject()", async () => {
    const { app } = await start(late);
    const response = await app.inject("/hijack");
    assert.deepEqual([response.statusCode, response.body, response.cookies.length], [200, "raw", 1]);
  });
});
