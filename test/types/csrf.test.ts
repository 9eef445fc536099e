// What the editor tells the users of each adapter's CSRF protection: it stands beside the session and takes nothing of its type.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compile } from "./compile.ts";

const SESSIONS = `import { createSessions } from "coatcheck";
const sessions = createSessions<{ username?: string; visits?: number }>({ secret: "" });`;

/** Programs in which `USE` stands where a session is at hand under the name `session`. */
const programs: Record<string, string> = {
  hono: `${SESSIONS}
    import { Hono } from "hono";
    import { csrf, type SessionEnv, session as withSession } from "coatcheck/hono";
    const app = new Hono<SessionEnv<{ username?: string; visits?: number }>>();
    app.use(withSession(sessions));
    app.use(csrf({ ignore: (c) => c.req.path === "/webhook" }));
    app.use(withSession(sessions), csrf());
    app.post("/", csrf(), async (c) => {
      const session = c.get("session");
      USE
      return c.text(session.csrfToken);
    });`,
  "hono, in a chain": `${SESSIONS}
    import { Hono } from "hono";
    import { csrf, session as withSession } from "coatcheck/hono";
    new Hono().use(withSession(sessions)).use(csrf()).post("/:id", async (c) => {
      const session = c.get("session");
      USE
      return c.text(c.req.param("id"));
    });`,
  express: `${SESSIONS}
    import express, { type Request } from "express";
    import { csrf, session as withSession } from "coatcheck/express";
    const app = express();
    app.use(withSession(sessions), express.urlencoded(), csrf<Request>({ ignore: ({ path, body }) => path === body.a }));
    app.use(csrf({ trustedOrigins: ["https://www.app.example"], ignore: (req) => req.url === "/webhook" }));
    app.post("/", withSession(sessions, async ({ session }, res) => {
      res.send(session.csrfToken);
      USE
    }));`,
  fastify: `${SESSIONS}
    import fastify from "fastify";
    import type { Session } from "coatcheck";
    import { csrf, session as withSession } from "coatcheck/fastify";
    const app = fastify({ http2: true });
    await app.register(withSession(sessions, { as: "admin" }));
    await app.register(csrf({ as: "admin", ignore: ({ routeOptions }) => routeOptions.url === "/webhook" }));
    app.post("/", async (request) => {
      const session = request.getDecorator<Session<{ username?: string; visits?: number }>>("admin");
      USE
    });`,
  koa: `${SESSIONS}
    import Koa, { type DefaultState } from "koa";
    import { csrf, type SessionContext, session as withSession } from "coatcheck/koa";
    const app = new Koa<DefaultState, SessionContext<{ username?: string; visits?: number }>>();
    app.use(withSession(sessions)).use(csrf({ ignore: (ctx) => ctx.path === "/webhook" }));
    app.use(async ({ session }) => {
      USE
    });`,
  node: `${SESSIONS}
    import { createServer } from "node:http";
    import { createSecureServer } from "node:http2";
    import { csrf, csrfRequest, session as withSession } from "coatcheck/node";
    const check = csrf({ ignore: ({ url }) => url === "/webhook" });
    const listener = withSession(sessions, async (req, res) => {
      const { session } = req;
      check(req, res, () => res.end(csrfRequest(req, "token").origin));
      USE
    });
    createServer(listener);
    createSecureServer({}, listener);`,
  fetch: `${SESSIONS}
    import { withCsrf, withSession } from "coatcheck/fetch";
    export const app = withSession(sessions, withCsrf(async (request, session) => {
      const form = await request.formData();
      USE
      return new Response(String(form.get("a")));
    }, { formLimit: 1000, ignore: ({ url }) => url.endsWith("/webhook") }));
    app(new Request("http://app.example"));`,
  "fetch, with what else a server hands over": `${SESSIONS}
    import { withCsrf, withSession } from "coatcheck/fetch";
    export const app = withSession(sessions, withCsrf(async (_request, session, env: { name: string }) => {
      USE
      return new Response(env.name);
    }));
    app(new Request("http://app.example"), { name: "a" });`,
  "next, in a route handler": `
    import { session as nextSession, verifyCsrf, withCsrf } from "coatcheck/next";
    const { withSession } = nextSession<{ username?: string; visits?: number }>({ secret: "" });
    export const POST = withSession(withCsrf(async (request: Request, session) => {
      await verifyCsrf(request, session, { token: "optional" });
      USE
      return new Response();
    }));`,
  "next, in a server action": `
    import { session as nextSession, verifyCsrf } from "coatcheck/next";
    const { updateSession } = nextSession<{ username?: string; visits?: number }>({ secret: "" });
    export async function action(form: FormData) {
      await updateSession(async (session) => {
        await verifyCsrf(form, session);
        USE
      });
    }`,
  "by hand": `${SESSIONS}
    import { createServer } from "node:http";
    import { CsrfError, type CsrfOptions, type CsrfRequest, verifyCsrf } from "coatcheck/csrf";
    import { session as withSession } from "coatcheck/node";
    const options: CsrfOptions = { token: "optional" };
    createServer(withSession(sessions, async ({ method = "", headers, session }) => {
      const get = (name: string) => headers[name]?.toString();
      const request: CsrfRequest = { method, headers: { get }, origin: "", token: new URLSearchParams().get("_csrf") };
      try {
        verifyCsrf(request, session, options);
      } catch (error) {
        if (error instanceof CsrfError && error.check === "token") error.status.toFixed();
      }
      USE
    }));`,
};

const ACCEPTED = `
  session.username = "ada";
  session.visits = (session.visits ?? 0) + 1;
  await session.login(session.pop("username") ?? "ada");
`;

for (const [name, program] of Object.entries(programs)) {
  describe(`csrf: ${name}`, () => {
    for (const resolution of ["node16", "bundler"] as const) {
      test(`${resolution}: what is right compiles, and the session keeps its type`, () => {
        assert.deepEqual(compile(program.replace("USE", ACCEPTED), resolution).errors, []);
        const { errors } = compile(program.replace("USE", "session.visits = 'one';"), resolution);
        assert.equal(errors.length, 1, errors.join("\n"));
        assert.match(errors[0] ?? "", /not assignable to type 'number/);
      });
    }
  });
}

test("csrf: options are checked", () => {
  for (const adapter of ["express", "fastify", "koa", "hono", "node"]) {
    const program = (options: string): string => `import { csrf } from "coatcheck/${adapter}"; csrf(${options});`;
    const all = '{ trustedOrigins: ["https://x.example"], token: "optional", header: "x", field: "f", as: "admin" }';
    assert.deepEqual(compile(program(all), "node16").errors, [], adapter);
    for (const wrong of ['{ token: "none" }', "{ trustedOrigins: 'x' }", "{ trustedOrigin: [] }", "{ ignore: '/x' }"]) {
      assert.equal(compile(program(wrong), "node16").errors.length, 1, `${adapter}: ${wrong}`);
    }
  }
});
