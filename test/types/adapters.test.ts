// What the editor tells the users of each framework's adapter.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compile } from "./compile.ts";

const DECLARED = `declare module "coatcheck" {
  interface SessionData { username?: string; visits?: number }
}`;
const SESSIONS = `import { createSessions } from "coatcheck";
const sessions = createSessions<{ username?: string; visits?: number }>({ secret: "" });`;

/** Programs in which \`USE\` stands where a session is at hand under the name \`session\`. */
const programs: Record<string, string> = {
  "express, by a route's handler": `${SESSIONS}
    import express from "express";
    import { session as withSession } from "coatcheck/express";
    const app = express();
    app.use(withSession(sessions));
    app.get("/:id", withSession(sessions, async (req, res) => {
      const { session } = req;
      const id = String(req.params.id);
      res.json(req.query).status(200);
      USE
      return id;
    }));`,
  "express, by declaration": `${DECLARED}
    import express from "express";
    import withSession from "coatcheck/express";
    const app = express();
    app.use(withSession({ secret: "" }));
    app.get("/:id", async (req, res) => {
      const { session } = req;
      res.send(req.params.id);
      USE
    });`,
  "express, by the type of the request": `import type { Request } from "express";
    import type { SessionRequest } from "coatcheck/express";
    export async function view(req: SessionRequest<{ username?: string; visits?: number }, Request>) {
      const { session } = req;
      req.get("host");
      USE
    }`,
  "fastify, by declaration": `${DECLARED}
    import fastify from "fastify";
    import withSession from "coatcheck/fastify";
    const app = fastify();
    await app.register(withSession({ secret: "" }));
    app.get("/", async ({ session }) => {
      USE
    });`,
  "fastify, by getDecorator": `${SESSIONS}
    import fastify from "fastify";
    import type { Session } from "coatcheck";
    import { session as withSession } from "coatcheck/fastify";
    const app = fastify({ http2: true });
    app.register(withSession(sessions, { as: "admin" }));
    app.get("/", async (request) => {
      const session = request.getDecorator<Session<{ username?: string; visits?: number }>>("admin");
      USE
    });`,
  "koa, by the app's context": `${SESSIONS}
    import Koa, { type DefaultState } from "koa";
    import { type SessionContext, session as withSession } from "coatcheck/koa";
    const app = new Koa<DefaultState, SessionContext<{ username?: string; visits?: number }>>();
    app.use(withSession(sessions));
    app.use(async (ctx, next) => {
      const { session } = ctx;
      ctx.body = ctx.path;
      USE
      await next();
    });`,
  "koa, by the middleware's own type": `${SESSIONS}
    import Koa from "koa";
    import withSession from "coatcheck/koa";
    const app = new Koa<object, object>().use(withSession(sessions));
    app.use(async (ctx, next) => {
      const { session } = ctx;
      ctx.body = ctx.path;
      USE
      await next();
    });`,
  "node, over HTTP/1.1 and HTTP/2": `${SESSIONS}
    import { createServer } from "node:http";
    import { createSecureServer } from "node:http2";
    import withSession from "coatcheck/node";
    const listener = withSession(sessions, async ({ session }, res) => {
      res.end("");
      USE
    });
    createServer(listener);
    createSecureServer({}, listener);`,
};

const accepted = `
  session.username = "ada";
  session.visits = (session.visits ?? 0) + 1;
  const name: string | undefined = session.pop("username");
  await session.login(name ?? "ada");
`;
const refused: [string, RegExp][] = [
  ["session.usernam;", /Property 'usernam' does not exist/],
  ["session.visits = 'one';", /not assignable to type 'number/],
  ["session.login = 5;", /not assignable/],
];

for (const [name, program] of Object.entries(programs)) {
  describe(name, () => {
    for (const resolution of ["node16", "bundler"] as const) {
      test(`${resolution}: what is right compiles`, () => {
        assert.deepEqual(compile(program.replace("USE", accepted), resolution).errors, []);
      });
    }
    test("the editor completes keys and controls", () => {
      const { completions } = compile(program.replace("USE", "session./*here*/;"), "bundler");
      for (const key of ["username", "visits", "login"]) assert(completions.includes(key), key);
    });
    for (const [use, message] of refused) {
      test(`${use} is refused`, () => {
        const { errors } = compile(program.replace("USE", use), "bundler");
        assert.equal(errors.length, 1, errors.join("\n"));
        assert.match(errors[0] ?? "", message);
      });
    }
  });
}

test("express: a program that declares no keys has no req.session, so that another package may declare it", () => {
  const { errors } = compile(
    `import "coatcheck/express";
     import type { Request } from "express";
     declare global { namespace Express { interface Request { session: { mine: boolean } } } }
     export const view = (req: Request): boolean => req.session.mine;`,
    "bundler",
  );
  assert.deepEqual(errors, []);
});

test("options of an adapter are checked", () => {
  for (const adapter of ["express", "fastify", "koa"]) {
    const program = (options: string): string =>
      `import { session } from "coatcheck/${adapter}"; session({ secret: "" }, ${options});`;
    assert.deepEqual(compile(program('{ as: "admin" }'), "node16").errors, []);
    assert.match(compile(program("{ as: 5 }"), "node16").errors.join(), /not assignable/);
    assert.match(compile(program('{ name: "admin" }'), "node16").errors.join(), /name|overload/);
  }
});
