// The type of `req.session` on Express's Request, whatever else declares one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "./compile.ts";

const ADAPTER = `import { createSessions, type Session } from "coatcheck";
import session from "coatcheck/express";
import express from "express";
interface Data { username?: string }
const app = express();
app.use(session(createSessions<Data>({ secret: "" })));`;

test("importing the adapter types req.session, with any key where none is declared", () => {
  const { errors } = compile(
    `${ADAPTER}
    app.get("/", async (req, res) => {
      req.session.username = "ada";
      await req.session.login("ada");
      const name: unknown = req.session.username;
      res.send(String(name));
    });
    export type Used = Session<Data>;`,
    "node16",
  );
  assert.deepEqual(errors, []);
});

test("a program's own declaration of req.session stands", () => {
  const { errors } = compile(
    `${ADAPTER}
    declare global { namespace Express { interface Request { session: Session<Data> } } }
    app.get("/", (req, res) => {
      const name: string | undefined = req.session.username;
      res.send(name);
    });`,
    "node16",
  );
  assert.deepEqual(errors, []);
});

test("beside the drop-in, req.session is the drop-in's", () => {
  const { errors } = compile(
    `import "coatcheck/express";
    import session from "coatcheck/express-session";
    import express from "express";
    const app = express();
    app.use(session({ secret: "" }));
    app.get("/", (req, res) => { res.send(req.sessionID + String(req.session.cookie.maxAge)); });`,
    "node16",
  );
  assert.deepEqual(errors, []);
});

test("the drop-in, connect-redis and the types of express-session compile together, libraries checked", () => {
  const { errors } = compile(
    `import { RedisStore } from "connect-redis";
    import session from "coatcheck/express-session";
    import express from "express";
    import { createClient } from "redis";
    const app = express();
    const store = new RedisStore({ client: createClient() });
    app.use(session({ secret: "", resave: false, saveUninitialized: false, store }));
    app.get("/", (req, res) => { res.send(req.session.id); });`,
    "node16",
    { checksLibraries: true },
  );
  assert.deepEqual(errors, []);
});
