// Holds the list of docs/architecture.md to the code: the files that a read on Express with Redis really runs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Session as Inspector } from "node:inspector/promises";
import { after, test } from "node:test";
import { createSessions, type Session } from "coatcheck";
import { session } from "coatcheck/express";
import { redisStore } from "coatcheck/redis";
import express from "express";
import { createClient } from "redis";
import { listen } from "../fixtures/listen.ts";
import { SECRET } from "../fixtures/manager.ts";
import { startRedis } from "../fixtures/servers/redis.ts";

interface Data {
  username?: string;
}

const redis = await startRedis();
const client = createClient({ url: redis.url });
await client.connect();
const sessions = createSessions<Data>({ secret: SECRET, store: redisStore({ client }) });
after(async () => {
  await sessions.close();
  await client.close();
  await redis.stop();
});

/** The source files in which a function was called while `work` ran. */
async function filesRunBy(work: () => Promise<unknown>): Promise<Set<string>> {
  const inspector = new Inspector();
  inspector.connect();
  await inspector.post("Profiler.enable");
  await inspector.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  await work();
  const { result } = await inspector.post("Profiler.takePreciseCoverage");
  inspector.disconnect();
  const root = new URL("../../", import.meta.url).href;
  const ours = result.filter(({ url, functions }) => {
    return url.startsWith(`${root}src/`) && functions.some(({ ranges }) => ranges.some(({ count }) => count > 0));
  });
  return new Set(ours.map(({ url }) => url.slice(root.length)));
}

/** The drop-in gives `req.session` another type in this program. */
const sessionOf = (req: object): Session<Data> => Reflect.get(req, "session");

function listedFiles(): Set<string> {
  const page = readFileSync(new URL("../../docs/architecture.md", import.meta.url), "utf8");
  const [, list = ""] = /## The way of a request\n(.*?)\n## /s.exec(page) ?? [];
  return new Set([...list.matchAll(/`(src\/[^`]+\.ts)`/g)].map(([, file]) => file as string));
}

test("docs/architecture.md lists the files that a read on Express with Redis runs, and no others", async () => {
  const app = express();
  app.use(session(sessions));
  app.get("/login", (req, res) => {
    sessionOf(req).username = "ada";
    res.send("done");
  });
  app.get("/", (req, res) => {
    res.send(String(sessionOf(req).username));
  });
  const server = await listen((req, res) => app(req as IncomingMessage, res as ServerResponse), {});
  const login = await fetch(`${server.url}/login`);
  const cookie = login.headers.getSetCookie()[0]?.split(";", 1)[0] ?? "";
  const files = await filesRunBy(async () => {
    const answer = await fetch(server.url, { headers: { cookie } });
    assert.equal(await answer.text(), "ada");
  });
  await server.close();
  assert.deepEqual([...files].sort(), [...listedFiles()].sort());
});
