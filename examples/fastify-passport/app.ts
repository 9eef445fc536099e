// A login by @fastify/passport, and a flash message where it is refused.
import formbody from "@fastify/formbody";
import { Authenticator, Strategy } from "@fastify/passport";
import { session } from "coatcheck/fastify";
import fastify, { type FastifyRequest } from "fastify";
import { form, welcome } from "./pages.ts";

declare module "fastify" {
  interface PassportUser {
    name: string;
  }
}

/** Takes any name. Yours asks for a password, or another site: all strategies of Passport fit. */
class ByName extends Strategy {
  override authenticate(request: FastifyRequest<{ Body: { username?: string } }>): void {
    const name = String(request.body.username ?? "").trim();
    if (name === "") this.fail("Please enter a username", 401);
    else this.success({ name });
  }
}

const passport = new Authenticator();
passport.use("name", new ByName("name"));
passport.registerUserSerializer(async (user: { name: string }) => user.name);
passport.registerUserDeserializer(async (name: string) => ({ name }));

const app = fastify();
await app.register(formbody);
// The session first: Passport's plugins look for it.
await app.register(session({ secret: process.env.SESSION_SECRET }));
await app.register(passport.initialize());
await app.register(passport.secureSession());

app.get("/", (request, reply) => reply.type("text/html").send(welcome(request.user?.name)));

app.get("/login", (_request, reply) => reply.type("text/html").send(form([reply.flash("error")].flat().map(String))));

const authenticate = passport.authenticate("name", { failureRedirect: "/login", failureFlash: true });
app.post("/login", { preValidation: authenticate }, async (request, reply) => {
  // Passport has given the session a new ID. This lists it under its owner, for sessions.list() and revokeAll().
  if (request.user) await request.session.login(request.user.name);
  return reply.redirect("/", 303);
});

app.post("/logout", async (request, reply) => {
  // Passport's request.logout() would keep what else the session holds.
  await request.session.logout();
  return reply.redirect("/", 303);
});

console.log(await app.listen({ port: Number(process.env.PORT ?? 3000) }));
