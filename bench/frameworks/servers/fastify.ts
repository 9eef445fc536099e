// coatcheck's plugin on Fastify.
import { createSessions, memoryStore, type SessionStore } from "coatcheck";
import { session } from "coatcheck/fastify";
import fastify from "fastify";
import { SECRET } from "../../servers/texts.ts";
import { routes, type Visitor } from "../../stores/servers/routes.ts";

export async function startCoatcheckOnFastify(store: SessionStore = memoryStore()): Promise<number> {
  const app = fastify();
  const sessions = createSessions<Visitor["data"]>({ secret: SECRET, store });
  await app.register(session(sessions));
  for (const [path, route] of Object.entries(routes)) {
    app.get<{ Params: { param?: string } }>(path, async (request, reply) => {
      const { session } = request as unknown as { session: Visitor["data"] & { logout(): Promise<void> } };
      reply.type("text/plain; charset=utf-8");
      return route({ data: session, end: () => session.logout() }, request.params.param ?? "");
    });
  }
  return Number(new URL(await app.listen({ host: "127.0.0.1", port: 0 })).port);
}
