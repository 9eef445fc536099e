// `app.run()` as a developer meets it: in a process of its own, with its messages, its reloads and its end.
import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { createApp, createVisitor, fail, ROOT, start, waitFor } from "../../test/fixtures/flask/helpers.ts";
import { generateSecret } from "../index.ts";

interface Written {
  readonly file: string;
  readonly env: Record<string, string>;
  /** Replaces the file as editors do: a new one is put in its place. */
  save(text: string, run?: string): Promise<void>;
}

/** A program whose page says a text. */
async function write(t: TestContext, text: string, run = "{ port: 0 }"): Promise<Written> {
  const folder = await mkdtemp(path.join(tmpdir(), "coatcheck-run-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, "app.ts");
  const save = async (newText: string, newRun = run): Promise<void> => {
    await writeFile(`${file}.new`, source(newText, newRun));
    await rename(`${file}.new`, file);
  };
  await save(text);
  return { file, save, env: { SECRET_KEY: generateSecret(), SESSION_PATH: path.join(folder, "sessions") } };
}

function source(text: string, run: string): string {
  return `import { Flask, session } from ${JSON.stringify(path.join(ROOT, "src/flask/index.ts"))};
const app = new Flask(import.meta.url);
app.secretKey = process.env.SECRET_KEY;
app.config.SESSION_PATH = process.env.SESSION_PATH;
app.route("/", function index() {
  session.visits = Number(session.visits ?? 0) + 1;
  return ${JSON.stringify(text)} + session.visits;
});
app.route("/slow", async function slow() {
  console.log("slow has begun");
  await new Promise((resolve) => process.once("SIGTERM", resolve).once("SIGINT", resolve));
  session.slow = true;
  return "slow";
});
app.route("/boom", function boom() { throw new Error("shown?"); });
const server = await app.run(${run});
console.log("resolved with", server.url, server.port);
`;
}

test("it says where it listens, and the promise has the same address", async (t) => {
  const program = await start(t, ...(await args(t)));
  await waitFor(() => program.output().includes("resolved") || undefined, program.output);
  assert.match(program.output(), / \* Running on (http:\/\/127\.0\.0\.1:\d+\/)\nresolved with \1 \d+\n/);
  assert.doesNotMatch(await (await fetch(`${program.url}/boom`)).text(), /shown/);
});

async function args(t: TestContext): Promise<[string, Record<string, string>]> {
  const { file, env } = await write(t, "visit ");
  return [file, env];
}

test("SIGTERM and SIGINT let open requests end, keep what they stored, and exit with 0", async (t) => {
  const [file, env] = await args(t);
  let cookies = new Map<string, string>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const program = await start(t, file, env);
    const visitor = program.visit();
    for (const [name, value] of cookies) visitor.cookies.set(name, value);
    await visitor.get("/");
    const slow = visitor.get("/slow");
    await waitFor(() => program.output().includes("slow has begun") || undefined, program.output);
    const stopped = program.stop(signal);
    assert.equal(await (await slow).text(), "slow");
    assert.equal(await stopped, 0);
    cookies = visitor.cookies;
  }
  const program = await start(t, file, env);
  const visitor = createVisitor((where, init) => fetch(program.url + where, init));
  for (const [name, value] of cookies) visitor.cookies.set(name, value);
  assert.equal(await (await visitor.get("/")).text(), "visit 3");
});

test("a session survives kill -9", async (t) => {
  const [file, env] = await args(t);
  const first = await start(t, file, env);
  const visitor = first.visit();
  await visitor.get("/");
  await first.stop("SIGKILL");
  const second = await start(t, file, env);
  const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  assert.equal(await (await fetch(second.url, { headers: { Cookie: cookie } })).text(), "visit 2");
});

test("what keeps it from starting is said in a sentence, and the exit code is 1", async (t) => {
  const blocker = createServer().listen(0, "127.0.0.1");
  await once(blocker, "listening");
  t.after(() => blocker.close());
  const { port } = blocker.address() as AddressInfo;
  const { file, env, save } = await write(t, "x");
  for (const [run, changes, message] of [
    [`{ port: ${port} }`, {}, `The address 127.0.0.1:${port} is in use by another program`],
    [`{ port: ${port}, debug: true }`, {}, `The address 127.0.0.1:${port} is in use by another program`],
    ["{ port: 65536 }", {}, 'Option "port" must be a whole number of at least 0 and at most 65535.'],
    ["{ port: NaN }", {}, 'Option "port" must be a whole number of at least 0 and at most 65535. It is NaN.'],
    ['{ port: 0, host: "203.0.113.7" }', {}, "does not belong to this machine"],
    ["{ port: 0 }", { SECRET_KEY: "fkdjsafjdkfdlkjfadskjfadskljdsfklj" }, "published sample"],
    ["{ port: 0, debug: true }", { SECRET_KEY: "short" }, "The secret has 5 bytes"],
    ["{ port: 0 }", { SECRET_KEY: "" }, "app.secretKey is not set. Make a secret with"],
    ["{ port: 0 }", { SESSION_PATH: "/dev/null" }, "/dev/null"],
  ] as const) {
    await save("x", run);
    const { code, output } = await fail(file, { ...env, ...changes });
    assert.equal(code, 1, output);
    assert.ok(output.startsWith("The app can't start. ") && output.includes(message), `${run}: ${output}`);
    assert.doesNotMatch(output, /\n {4}at /);
  }
});

test("under debug it reloads on each save, shows the stack, and survives a program that fails", async (t) => {
  const { file, env, save } = await write(t, "one ", "{ port: 0, debug: true }");
  const program = await start(t, file, env);
  const page = async (): Promise<string> => {
    try {
      return await (await fetch(program.url)).text();
    } catch {
      return "";
    }
  };
  const becomes = (text: string): Promise<true> =>
    waitFor(async () => ((await page()).startsWith(text) ? true : undefined), program.output);
  assert.match(program.output(), /Debug mode: on/);
  assert.match(await (await fetch(`${program.url}/boom`)).text(), /shown\?[\s\S]*app\.ts/);
  // A file that is written to all the time, such as a log, neither reloads nor keeps it from reloading.
  const log = setInterval(() => appendFileSync(`${file}.log`, "x"), 10);
  try {
    for (const text of ["two ", "three "]) {
      await save(text);
      await becomes(text);
    }
  } finally {
    clearInterval(log);
  }
  assert.equal(program.output().match(/starting again/g)?.length, 2);
  await save("x", "{ port: 0, debug: true }; this is no program");
  await waitFor(() => program.output().includes("It starts again when a file changes") || undefined, program.output);
  await save("four ");
  await becomes("four ");
  assert.equal(await program.stop("SIGINT"), 0);
  await assert.rejects(fetch(program.url));
});

test("under debug nothing is left behind when the developer's process is killed", async (t) => {
  const { file, env } = await write(t, "x", "{ port: 0, debug: true }");
  const program = await start(t, file, env);
  await program.stop("SIGKILL");
  const isGone = (): Promise<true | undefined> =>
    fetch(program.url).then(
      () => undefined,
      () => true,
    );
  assert.ok(await waitFor(isGone, program.output));
});

test("close() ends the server and the store, and leaves the process its signals", async () => {
  const app = createApp();
  const before = process.listenerCount("SIGTERM");
  const server = await app.run({ port: 0, host: "::1" });
  assert.match(server.url, /^http:\/\/\[::1\]:\d+\/$/);
  assert.equal((await fetch(server.url)).status, 404);
  assert.equal(process.listenerCount("SIGTERM"), before + 1);
  await Promise.all([server.close(), server.close()]);
  assert.equal(process.listenerCount("SIGTERM"), before);
  await assert.rejects(fetch(server.url));
  await assert.rejects(async () => app.sessions.list("x"));
});
