// Where Hono is not installed: the pages need nothing of it, on any server.
import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import { test } from "node:test";
import type { ErrorRequestHandler } from "express";
import { visit } from "../../test/fixtures/console/browser.ts";
import { listen } from "../../test/fixtures/listen.ts";
import { type AnyData, SECRET } from "../../test/fixtures/manager.ts";
import { createVisitor } from "../../test/fixtures/visitor.ts";
import type { SessionManager } from "../core/manager.ts";
import type { MountedPage } from "./index.ts";

registerHooks({
  resolve(specifier, context, next) {
    if (!/^(@hono\/|hono($|\/))/.test(specifier)) return next(specifier, context);
    throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: "ERR_MODULE_NOT_FOUND" });
  },
});

async function createPages(authorize: () => boolean): Promise<{
  readonly sessions: SessionManager<AnyData>;
  readonly admin: MountedPage;
  readonly devices: MountedPage;
}> {
  const { devicesPage, sessionConsole } = await import("./index.ts");
  const { createManager } = await import("../core/manager.ts");
  const { memoryStore } = await import("../stores/memory/index.ts");
  const sessions = createManager<AnyData>({ secret: SECRET, store: memoryStore() }, () => memoryStore());
  return { sessions, admin: sessionConsole({ sessions, authorize }), devices: devicesPage({ sessions }) };
}

test("without Hono the console and the devices page answer, as fetch and as middleware", async (t) => {
  const { sessions, admin, devices } = await createPages(() => true);
  const { default: express } = await import("express");
  const app = express();
  app.use(admin.middleware, devices.middleware);
  const running = await listen(app as never, {});
  t.after(async () => {
    admin.close();
    await running.close();
  });
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.login("ada"));
  const cookie = visitor.cookie ?? "";
  for (const path of ["/sessions", "/devices"]) {
    const headers = { cookie };
    const page = path === "/sessions" ? admin : devices;
    assert.equal((await page.fetch(new Request(`http://localhost${path}`, { headers }))).status, 200, path);
    assert.equal((await fetch(running.url + path, { headers })).status, 200, path);
  }
});

test("a mistake in authorize goes to next(), and is answered by 500 where there is none", async (t) => {
  const { admin } = await createPages(() => {
    throw new RangeError("a mistake");
  });
  const { default: express } = await import("express");
  const app = express();
  app.use(admin.middleware);
  const answerError: ErrorRequestHandler = (error, _req, res, _next) => void res.status(500).send(error.message);
  app.use(answerError);
  const withNext = await listen(app as never, {});
  const withoutNext = await listen(((req: never, res: never) => admin.middleware(req, res)) as never, {});
  t.after(async () => {
    admin.close();
    await withNext.close();
    await withoutNext.close();
  });
  const warnings: string[] = [];
  const hear = ({ message }: Error): void => void warnings.push(message);
  process.on("warning", hear);
  t.after(() => process.off("warning", hear));

  assert.deepEqual((await visit(withNext.url).get("/sessions")).text, "a mistake");
  assert.equal((await visit(withoutNext.url).get("/sessions")).status, 500);
  // Warnings are emitted a tick later.
  await new Promise((resolve) => setImmediate(resolve));
  assert.match(warnings.join(), /The page failed: RangeError: a mistake/);
});
