// What each framework's CSRF protection has of its own: whose body is read, and what says that it stands in the wrong place.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { Hono } from "hono";
import { WebSocket, WebSocketServer } from "ws";
import { csrf as expressCsrf } from "../../src/adapters/express/index.ts";
import { csrf as fastifyCsrf } from "../../src/adapters/fastify/index.ts";
import { withCsrf, withSession } from "../../src/adapters/fetch/index.ts";
import { csrf as honoCsrf, session as honoSession, type SessionEnv } from "../../src/adapters/hono/index.ts";
import { csrf as koaCsrf } from "../../src/adapters/koa/index.ts";
import { verifyCsrfBy } from "../../src/adapters/next/csrf.ts";
import { withCsrf as withNextCsrf } from "../../src/adapters/next/index.ts";
import { createNextSession } from "../../src/adapters/next/next-session.ts";
import { csrfRequest, csrf as nodeCsrf, upgradeSession } from "../../src/adapters/node/index.ts";
import { CsrfError, SessionOptionError } from "../../src/core/errors.ts";
import { verifyCsrf } from "../../src/core/request/csrf.ts";
import { type AnyData, createTestManager } from "../fixtures/manager.ts";
import { createVisitor } from "../fixtures/visitor.ts";

const SITE = "http://app.example";

type App = (request: Request) => Response | Promise<Response>;

type Body = NonNullable<RequestInit["body"]>;

/** A visitor's token, and a way to post with the visitor's cookie. */
async function visit(sessions: ReturnType<typeof createTestManager>["sessions"]) {
  const visitor = createVisitor(sessions);
  const token = await visitor.request((session) => session.csrfToken);
  const send = (app: App, body: Body, headers: Record<string, string> = {}) =>
    app(
      new Request(SITE, {
        method: "POST",
        body,
        headers: { cookie: visitor.cookie ?? "", ...headers },
        duplex: "half",
      }),
    );
  return { token, send };
}

function multipart(fields: Record<string, string | Blob>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

/** How a handler may read its body after the check, in terms of the body's methods. */
const READERS = ["formData", "text", "arrayBuffer", "bytes", "blob"] as const;

describe("csrf: the handler reads a form again that was looked through for its token", () => {
  test("fetch: by each method of the request, and piece by piece", async () => {
    const { sessions } = createTestManager();
    const { token, send } = await visit(sessions);
    for (const reader of READERS) {
      const app = withSession(
        sessions,
        withCsrf(async (request) => {
          const body = await request[reader]();
          return new Response(body instanceof FormData ? String(body.get("a")) : await new Response(body).text());
        }),
      );
      const text = await (await send(app, new URLSearchParams({ a: "1", _csrf: token }))).text();
      assert.equal(text, reader === "formData" ? "1" : `a=1&_csrf=${token}`, reader);
      const file = await send(app, multipart({ a: "1", _csrf: token, file: new Blob(["contents"]) }));
      assert.equal(file.status, 200);
      assert.match(await file.text(), reader === "formData" ? /^1$/ : /contents/);
    }
  });

  test("hono: by parseBody, formData, text, arrayBuffer and blob of c.req", async () => {
    const { sessions } = createTestManager();
    const { token, send } = await visit(sessions);
    for (const reader of ["parseBody", "formData", "text", "arrayBuffer", "blob"] as const) {
      const app = new Hono<SessionEnv<AnyData>>();
      app.use(honoSession(sessions), honoCsrf());
      app.post("/", async (c) => {
        const body = await c.req[reader]();
        if (body instanceof FormData) return c.text(String(body.get("a")));
        const isText = typeof body === "string" || body instanceof ArrayBuffer || body instanceof Blob;
        return c.text(isText ? await new Response(body).text() : String(body["a"]));
      });
      const isParsed = reader === "parseBody" || reader === "formData";
      const text = await (await send(app.fetch, new URLSearchParams({ a: "1", _csrf: token }))).text();
      assert.equal(text, isParsed ? "1" : `a=1&_csrf=${token}`, reader);
      const file = await send(app.fetch, multipart({ a: "1", _csrf: token, file: new Blob(["contents"]) }));
      assert.match(await file.text(), isParsed ? /^1$/ : /contents/);
    }
  });

  test("fetch and hono: no body is touched that is no form, or whose token came in the header", async () => {
    const { sessions } = createTestManager();
    const { token, send } = await visit(sessions);
    const hono = new Hono<SessionEnv<AnyData>>();
    hono.use(honoSession(sessions), honoCsrf());
    hono.post("/", async (c) => c.text(`${c.req.raw.bodyUsed} ${await c.req.raw.text()}`));
    const fetch = withSession(
      sessions,
      withCsrf(async (request) => new Response(`${request.bodyUsed} ${await request.text()}`)),
    );
    for (const app of [hono.fetch, fetch]) {
      const form = await send(app, new URLSearchParams({ a: "1" }), { "x-csrf-token": token });
      assert.equal(await form.text(), "false a=1");
      const json = await send(app, '{"a":1}', { "x-csrf-token": token, "content-type": "application/json" });
      assert.equal(await json.text(), 'false {"a":1}');
      const inJson = await send(app, JSON.stringify({ _csrf: token }), { "content-type": "application/json" });
      assert.equal(inJson.status, 403);
    }
  });

  test("fetch and hono: a form that is broken has no token, and where none is needed the handler learns of it", async () => {
    const { sessions } = createTestManager();
    const { send } = await visit(sessions);
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    for (const token of ["required", "optional"] as const) {
      const hono = new Hono<SessionEnv<AnyData>>();
      hono.use(honoSession(sessions), honoCsrf({ token }));
      hono.post("/", async (c) => c.json(await c.req.parseBody()));
      hono.onError((error) => new Response(error.name, { status: error instanceof CsrfError ? 403 : 400 }));
      const handler = async (request: Request) =>
        new Response(
          await request.formData().then(
            () => "",
            () => "",
          ),
          { status: 400 },
        );
      for (const app of [hono.fetch, withSession(sessions, withCsrf(handler, { token }))]) {
        assert.equal((await send(app, "no such parts", headers)).status, token === "required" ? 403 : 400);
      }
    }
  });
});

describe("csrf: fetch looks through a form up to its limit", () => {
  /** Sent in pieces, without a length. */
  function inPieces(text: string): ReadableStream<Uint8Array> {
    let rest = text;
    return new ReadableStream({
      pull(controller) {
        if (rest === "") return controller.close();
        controller.enqueue(new TextEncoder().encode(rest.slice(0, 1000)));
        rest = rest.slice(1000);
      },
    });
  }

  const FORM = { "content-type": "application/x-www-form-urlencoded" };

  test("a longer one counts as one without a token, and reaches the handler whole", async () => {
    const { sessions } = createTestManager();
    const { token, send } = await visit(sessions);
    const form = `_csrf=${token}&a=${"x".repeat(9000)}`;
    const appWith = (formLimit: number): App =>
      withSession(
        sessions,
        withCsrf(async (request) => new Response(await request.text()), { formLimit }),
      );
    for (const body of [() => form, () => inPieces(form)]) {
      assert.equal((await send(appWith(form.length - 1), body(), FORM)).status, 403);
      assert.equal(await (await send(appWith(form.length), body(), FORM)).text(), form);
      const byHeader = await send(appWith(0), body(), { ...FORM, "x-csrf-token": token });
      assert.equal(await byHeader.text(), form);
      const app = withSession(
        sessions,
        withCsrf(async (request) => new Response(await request.text()), { formLimit: 5000, token: "optional" }),
      );
      assert.equal(await (await send(app, body(), FORM)).text(), form, "what was not looked through is not lost");
    }
  });

  test("a limit that is none is refused", () => {
    for (const formLimit of [-1, 0.5, Number.NaN, "1mb" as never]) {
      assert.throws(() => withCsrf(() => new Response(), { formLimit }), SessionOptionError);
    }
  });
});

describe("csrf: next", () => {
  const hostile = new Headers({ host: "app.example", origin: "https://evil.example" });

  test("a server action's form is checked with the headers of its request", async () => {
    const { sessions } = createTestManager();
    const visitor = createVisitor(sessions);
    const token = await visitor.request((session) => session.csrfToken);
    const check = (headers: Headers, form: FormData) =>
      visitor.request((session) =>
        verifyCsrfBy(
          async () => ({
            headers: async () => headers,
            cookies: () => Promise.resolve({ get: () => undefined } as never),
          }),
          form,
          session,
          {},
        ),
      );
    const own = new Headers({ host: "app.example", origin: SITE });
    await check(own, multipart({ _csrf: token }));
    await assert.rejects(check(own, multipart({})), CsrfError);
    await assert.rejects(check(own, multipart({ _csrf: "wrong" })), CsrfError);
    await assert.rejects(check(hostile, multipart({ _csrf: token })), CsrfError);
    const proxied = { "x-forwarded-host": "www.example", "x-forwarded-proto": "https", host: "10.0.0.1:3000" };
    await check(new Headers({ ...proxied, origin: "https://www.example" }), multipart({ _csrf: token }));
    await assert.rejects(check(new Headers({ ...proxied, origin: SITE }), multipart({ _csrf: token })), CsrfError);
  });

  test("a route handler's form is read from a copy", async () => {
    const { sessions } = createTestManager();
    const { token, send } = await visit(sessions);
    const next = createNextSession(sessions, () => Promise.reject(new Error("not here")));
    const route = next.withSession(
      withNextCsrf(async (request: Request) => new Response(String((await request.formData()).get("a")))),
    );
    assert.equal(await (await send(route, multipart({ a: "1", _csrf: token }))).text(), "1");
    assert.equal((await send(route, multipart({ a: "1" }))).status, 403);
    const byHand = next.withSession(async (request: Request, session) => {
      await verifyCsrfBy(() => Promise.reject(new Error("not here")), request, session, {});
      return new Response(String((await request.formData()).get("a")));
    });
    assert.equal(await (await send(byHand, multipart({ a: "1", _csrf: token }))).text(), "1");
    assert.equal((await send(byHand, multipart({ a: "1" }))).status, 403);
  });
});

test("S36 csrf: the upgrade to a WebSocket is checked like a post: a page of another site opens none as the visitor", async (t) => {
  const { sessions } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.login("ada"));
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer();
  server.on("upgrade", async (req, socket, head) => {
    const session = await upgradeSession(sessions, req);
    try {
      verifyCsrf({ ...csrfRequest(req), method: "POST" }, session, { token: "optional" });
    } catch {
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(req, socket, head, (ws) => ws.close(1000, `hello ${session.owner}`));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const open = (headers: Record<string, string>) =>
    new Promise<string>((resolve) => {
      const ws = new WebSocket(`ws://${host}`, { headers: { cookie: visitor.cookie ?? "", ...headers } });
      ws.on("close", (_code, reason) => resolve(String(reason))).on("error", (error) => resolve(error.message));
    });
  assert.equal(await open({ origin: `http://${host}` }), "hello ada");
  assert.equal(await open({}), "hello ada");
  assert.match(await open({ origin: "http://evil.example" }), /403/);
  assert.match(await open({ origin: `http://${host}`, "sec-fetch-site": "same-site" }), /403/);
});

test("csrf: without a session before it, every adapter says so", async () => {
  const missing = /no session with the request\. Put session\(sessions\) before it/;
  const req = { method: "POST", headers: {}, socket: {}, app: { get: () => undefined }, protocol: "http" };
  for (const middleware of [expressCsrf(), nodeCsrf()]) {
    let error: unknown;
    middleware(req as never, {} as never, (given) => {
      error = given;
    });
    assert.match(String(error), missing);
  }
  await assert.rejects(
    koaCsrf()({ ...req, req, request: {}, path: "/", host: "" } as never, async () => {}),
    missing,
  );
  const app = new Hono().use(honoCsrf() as never);
  app.onError((error) => new Response(error.message, { status: 500 }));
  assert.match(await (await app.request("/", { method: "POST" })).text(), missing);
  const { default: createFastify } = await import("fastify");
  const fastify = createFastify();
  await assert.rejects(async () => fastify.register(fastifyCsrf()), /dependency 'coatcheck'/);
});

test("csrf: where an app has a session under another name, `as` names the one whose token counts", async () => {
  const session = { verifyCsrfToken: () => false };
  const admin = { verifyCsrfToken: (token: unknown) => token === "admin's" };
  const headers = { "x-csrf-token": "admin's" };
  const req = { method: "POST", headers, socket: {}, app: { get: () => undefined }, protocol: "http", session, admin };
  const passes = (as: string) => {
    const results = [expressCsrf({ as }), nodeCsrf({ as })].map((middleware) => {
      let given: unknown;
      middleware(req as never, {} as never, (error) => {
        given = error;
      });
      return given === undefined;
    });
    const koa = koaCsrf({ as })({ ...req, req, request: {}, path: "/", host: "" } as never, async () => {});
    const hono = new Hono<{ Variables: { session: object; admin: object } }>();
    hono.use(async (c, next) => {
      c.set("session", session);
      c.set("admin", admin);
      await next();
    });
    hono.post("/", honoCsrf({ as }), (c) => c.text("ran"));
    const answered = hono.request("/", { method: "POST", headers });
    return Promise.all([
      ...results,
      koa.then(
        () => true,
        () => false,
      ),
      Promise.resolve(answered).then(({ status }) => status === 200),
    ]);
  };
  assert.deepEqual(await passes("admin"), [true, true, true, true]);
  assert.deepEqual(await passes("session"), [false, false, false, false]);
});

test("csrf: wrong options are refused by every adapter when it is set up", () => {
  for (const csrf of [expressCsrf, nodeCsrf, koaCsrf, fastifyCsrf, honoCsrf]) {
    assert.throws(() => csrf({ trustedOrigins: ["app.example"] }), SessionOptionError, csrf.name);
    assert.throws(() => csrf({ ignore: "/webhook" as never }), /csrf\.ignore" must be a function/);
    assert.throws(() => csrf({ origins: [] } as never), /csrf\.origins" is unknown/);
  }
  assert.throws(() => withCsrf(() => new Response(), { token: "none" as never }), SessionOptionError);
});
