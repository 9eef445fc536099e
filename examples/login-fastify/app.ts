// A login page on Fastify.
import formbody from "@fastify/formbody";
import { session } from "coatcheck/fastify";
import fastify from "fastify";
import { form, welcome } from "./pages.ts";

declare module "coatcheck" {
  interface SessionData {
    username?: string;
  }
}

const app = fastify();
await app.register(session({ secret: process.env.SESSION_SECRET }));
await app.register(formbody);

app.get("/", (request, reply) => reply.type("text/html").send(welcome(request.session.username)));

app.get("/login", (_request, reply) => reply.type("text/html").send(form));

app.post<{ Body: { username?: string } }>("/login", async (request, reply) => {
  const username = String(request.body.username ?? "").trim();
  if (username === "") return reply.code(400).type("text/html").send(form);
  request.session.username = username;
  // A new session ID: one that somebody else may know ends here.
  await request.session.login(username);
  return reply.redirect("/", 303);
});

app.post("/logout", async (request, reply) => {
  await request.session.logout();
  return reply.redirect("/", 303);
});

console.log(await app.listen({ port: Number(process.env.PORT ?? 3000) }));
