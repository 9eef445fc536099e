// Starts both apps and the one address that visitors know: what has moved is answered here, the rest goes on to Flask.
import { spawn } from "node:child_process";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { proxy } from "hono/proxy";
import { app as typescriptApp } from "./typescript-app.ts";

const port = Number(process.env.PORT ?? 3000);
const flaskPort = port + 1;

const flask = spawn(process.env.FLASK_PYTHON ?? "python3", ["flask_app.py"], {
  env: { ...process.env, FLASK_PORT: String(flaskPort) },
  stdio: "inherit",
});
process.on("exit", () => flask.kill());
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit());

const site = new Hono();
site.route("/", typescriptApp);
site.all("*", (c) => {
  const { pathname, search } = new URL(c.req.url);
  return proxy(`http://127.0.0.1:${flaskPort}${pathname}${search}`, { ...c.req, redirect: "manual" });
});

serve({ fetch: site.fetch, port }, () => console.log(`http://localhost:${port}/ts and http://localhost:${port}/flask`));
