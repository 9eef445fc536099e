// Plugins of Fastify that keep their state in `request.session`, on coatcheck's.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import fastifyFlash from "@fastify/flash";
import { Authenticator, Strategy } from "@fastify/passport";
import createFastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { session } from "../../src/adapters/fastify/index.ts";
import { Client } from "../fixtures/browser-client.ts";
import { createTestManager } from "../fixtures/manager.ts";

async function serve(app: FastifyInstance): Promise<Client> {
  after(() => app.close());
  return new Client(await app.listen({ host: "127.0.0.1", port: 0 }));
}

/** Accepts whoever names themselves in the query. */
class ByName extends Strategy {
  override authenticate(request: FastifyRequest<{ Querystring: { name?: string } }>): void {
    const { name } = request.query;
    if (name) this.success({ name });
    else this.fail("Who are you?", 401);
  }
}

test("@fastify/flash keeps its messages for the next page, once", async () => {
  const app = createFastify();
  await app.register(session(createTestManager().sessions));
  await app.register(fastifyFlash);
  app.get("/save", async (request) => `${request.flash("info", "Saved")}`);
  app.get("/", async (_request, reply) => reply.flash());
  const client = await serve(app);
  assert.equal(await (await client.request("/save")).text(), "1");
  assert.equal(await (await client.request("/")).text(), '{"info":["Saved"]}');
  assert.equal(await (await client.request("/")).text(), "{}");
});

test("@fastify/passport logs in under a new ID, knows the user on the next page, and logs out", async () => {
  const passport = new Authenticator();
  passport.use("name", new ByName("name"));
  passport.registerUserSerializer(async (user: { name: string }) => user.name);
  passport.registerUserDeserializer(async (name: string) => ({ name }));
  const app = createFastify();
  await app.register(session(createTestManager().sessions));
  await app.register(passport.initialize());
  await app.register(passport.secureSession());
  const user = (request: FastifyRequest): string => JSON.stringify(request.user ?? null);
  app.get("/begin", async (request) => {
    request.session.set("theme" as never, "dark" as never);
    return "";
  });
  app.get("/login", { preValidation: passport.authenticate("name") }, async (request) => user(request));
  app.get("/", async (request) => user(request));
  app.get("/logout", async (request) => {
    await request.logout();
    return user(request);
  });
  const client = await serve(app);
  await client.request("/begin");
  const before = client.cookieHeader;
  assert.equal((await client.request("/login")).status, 401);
  assert.equal(await (await client.request("/login?name=ada")).text(), '{"name":"ada"}');
  assert.notEqual(client.cookieHeader, before);
  assert.equal(await (await client.request("/")).text(), '{"name":"ada"}');
  await client.request("/logout");
  assert.equal(await (await client.request("/")).text(), "null");
});
