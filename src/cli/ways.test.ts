// How the program behaves as a program: help, exit codes, errors, colours, pipes, questions.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createSessions } from "coatcheck";
import { sqliteStore } from "coatcheck/sqlite";
import { coatcheck, emptyFolder, ended, MAIN, start, userEnvironment } from "../../test/fixtures/cli/program.ts";
import { SECRET } from "../../test/fixtures/manager.ts";
import { createVisitor } from "../../test/fixtures/visitor.ts";
import { wantsColors } from "./terminal.ts";
import { printable } from "./text.ts";

const folder = emptyFolder();
const path = join(folder, "sessions");
const sessions = createSessions<{ a?: number }>({ secret: SECRET, store: sqliteStore({ path }) });
let key = "";
before(async () => {
  key = await createVisitor(sessions).request(async (session) => {
    await session.login("ada");
    return session.key;
  });
});
after(async () => {
  await sessions.close();
  rmSync(folder, { recursive: true, force: true });
});

const COMMANDS = "secret list show revoke revoke-all sweep stats backup inspect migrate import doctor completion".split(
  " ",
);

test("every command has help with examples; --version prints the version", async () => {
  const general = await coatcheck(["--help"]);
  assert.equal(general.code, 0);
  for (const command of COMMANDS) assert.match(general.stdout, new RegExp(`^ {2}${command} `, "m"));
  const helps = await Promise.all(COMMANDS.map((command) => coatcheck([command, "--help"])));
  for (const [i, { code, stdout }] of helps.entries()) {
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`Examples:\n(.*\n)* {2}\\$ .*coatcheck ${COMMANDS[i]}`));
    assert.match(stdout, /--json/);
  }
  assert.match((await coatcheck(["--version"])).stdout, /^\d+\.\d+\.\d+\n$/);
});

test("the exit codes are those of docs/cli.md, and errors go to standard error, as JSON with --json", async () => {
  const cases: readonly (readonly [number, string, readonly string[]])[] = [
    [2, "USAGE", ["lst"]],
    [2, "USAGE", ["list", "--nonsense"]],
    [2, "USAGE", ["list", "--limit", "0"]],
    [2, "USAGE", ["show"]],
    [2, "USAGE", ["list"]],
    [2, "USAGE", ["list", "--store", "mysql://localhost"]],
    [2, "USAGE", ["list", "--store", path, "--table", "x"]],
    [2, "USAGE", ["list", "--store", path, "--owner", "ada", "--cursor", "x"]],
    [2, "USAGE", ["migrate", "--store", path]],
    [3, "STORE_UNREACHABLE", ["list", "--store", join(folder, "typo")]],
    [3, "STORE_UNREACHABLE", ["list", "--store", "redis://u:hidden-word@127.0.0.1:1"]],
    [3, "STORE_UNREACHABLE", ["list", "--store", "postgres://u:hidden-word@127.0.0.1:1/x"]],
    [4, "NOT_FOUND", ["show", "--store", path, "nothing"]],
    [1, "INVALID_OPTION", ["list", "--store", path, "--idle-timeout", "soon"]],
  ];
  for (const [code, name, args] of cases) {
    const result = await coatcheck([...args, "--json"]);
    assert.deepEqual([result.code, result.stdout], [code, ""], args.join(" "));
    const { error } = JSON.parse(result.stderr);
    assert.equal(error.code, name, args.join(" "));
    assert.equal(result.stderr.includes("hidden-word"), false);
  }
  const typo = await coatcheck(["lst"]);
  assert.match(typo.stderr, /^coatcheck: unknown command 'lst' \(Did you mean list\?\)/);
  assert.equal((await coatcheck([])).code, 2);
});

test("COATCHECK_STORE names the store, and so does the place where an app in this directory keeps its own", async () => {
  assert.match((await coatcheck(["list"], { env: { COATCHECK_STORE: path } })).stdout, new RegExp(key));
  const app = `import { sqliteStore } from ${JSON.stringify(import.meta.resolve("coatcheck/sqlite"))};
    const store = sqliteStore();
    await store.create("k".repeat(43), { fields: new Map(), createdAt: 1, expiresAt: 9e12, owner: "local", version: 1 });
    await store.close(); console.log(store.path);`;
  writeFileSync(join(folder, "app.mjs"), app);
  const { stdout } = spawnSync(process.execPath, ["--conditions=coatcheck-source", "app.mjs"], {
    cwd: folder,
    encoding: "utf8",
    env: userEnvironment(),
  });
  try {
    assert.match((await coatcheck(["list"], { cwd: folder })).stdout, /local/);
  } finally {
    rmSync(stdout.trim(), { recursive: true, force: true });
  }
});

test("a client that is not installed is named, with the command that installs it", async () => {
  const hook = `import { registerHooks } from "node:module";
    registerHooks({ resolve(name, context, next) {
      if (name !== "redis" && name !== "pg") return next(name, context);
      throw Object.assign(new Error("not there"), { code: "ERR_MODULE_NOT_FOUND" });
    } });`;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}` };
  for (const [url, name] of [
    ["redis://127.0.0.1:1", "redis"],
    ["postgres://127.0.0.1:1", "pg"],
  ] as const) {
    const { code, stderr } = await coatcheck(["list", "--store", url], { env });
    assert.deepEqual([code, stderr.includes(`npm install ${name}`)], [1, true], stderr);
  }
});

test("colours are for terminals, and NO_COLOR takes them off", async () => {
  assert.equal(wantsColors({ isTTY: true }, { TERM: "xterm" }), true);
  assert.equal(wantsColors({ isTTY: true }, { TERM: "xterm", NO_COLOR: "1" }), false);
  assert.equal(wantsColors({ isTTY: true }, { TERM: "dumb" }), false);
  assert.equal(wantsColors({}, { TERM: "xterm", FORCE_COLOR: "1", CI: "1" }), false);
  for (const args of [["list", "--store", path], ["--help"], ["nonsense"], ["doctor", "--store", path]]) {
    const { stdout, stderr } = await coatcheck(args, { env: { TERM: "xterm", FORCE_COLOR: "1", CI: "1" } });
    assert.equal((stdout + stderr).includes("\u001b"), false, args.join(" "));
  }
});

const SCRIPT = spawnSync("script", ["--version"], { encoding: "utf8" });
const hasScript = SCRIPT.error === undefined && SCRIPT.stdout.includes("util-linux");

/** Runs it on a terminal, which `script` of util-linux makes, and types the answer. */
async function onTerminal(
  args: string,
  answer: string,
  env: Record<string, string> = {},
): Promise<[number | null, string]> {
  const command = `'${process.execPath}' --conditions=coatcheck-source '${MAIN}' ${args}`;
  const child = spawn("script", ["-qec", command, "/dev/null"], {
    env: userEnvironment({ TERM: "xterm", ...env }),
    stdio: "pipe",
  });
  child.stdout.on("data", (chunk: Buffer) => {
    if (chunk.includes("[y/N]")) child.stdin.write(`${answer}\n`);
  });
  const { code, stdout } = await ended(child);
  return [code, stdout];
}

test("on a terminal there are colours, and a question before anything is lost", {
  skip: hasScript ? false : "it needs `script` of util-linux",
}, async () => {
  const store = `--store '${path}'`;
  const [listed, table] = await onTerminal(`list ${store}`, "");
  assert.equal(listed, 0);
  assert.equal(table.includes("\u001b[1mKEY"), true);
  const [, plain] = await onTerminal(`list ${store}`, "", { NO_COLOR: "1" });
  assert.equal(plain.includes("\u001b["), false);
  const [declined, text] = await onTerminal(`revoke ${store} ${key}`, "n");
  assert.deepEqual([declined, text.includes("Nothing was done.")], [1, true], text);
  assert.equal((await sessions.list("ada")).length, 1);
  const [agreed] = await onTerminal(`revoke-all ${store} ada`, "y");
  assert.equal(agreed, 0);
  assert.equal((await sessions.list("ada")).length, 0);
});

test("a last use is never a moment to come: where the app's idle limit is longer than the one given, it is unknown", async (t) => {
  const place = join(folder, "weekly");
  const weekly = createSessions<{ a?: number }>({
    secret: SECRET,
    idleTimeout: "7d",
    store: sqliteStore({ path: place }),
  });
  t.after(() => weekly.close());
  const used = await createVisitor(weekly).request(async (session) => {
    await session.login("ada");
    return session.key;
  });
  const unknown = await coatcheck(["list", "--store", place]);
  assert.match(unknown.stdout, /^\S+ +ada +\S.* ago +unknown +in \d d/m);
  assert.match(unknown.stderr, /--idle-timeout/);
  const {
    sessions: [listed],
  } = JSON.parse((await coatcheck(["list", "--json", "--store", place])).stdout);
  assert.equal(listed.lastActiveAt, null);
  assert.match((await coatcheck(["show", "--store", place, used])).stdout, /last used +unknown.*--idle-timeout/);

  const known = await coatcheck(["list", "--store", place, "--idle-timeout", "7d"]);
  assert.match(known.stdout, /^\S+ +ada +\S.* ago +\d+ \S+ ago +in \d d/m);
  assert.equal(known.stderr.includes("--idle-timeout"), false);
});

test("a pipe that is closed early is no error", async () => {
  const child = start(["list", "--store", path, "--all", "--json"]);
  child.stdout?.destroy();
  const { code, stderr } = await ended(child);
  assert.deepEqual([code, stderr], [0, ""]);
});

test("texts of visitors are shown with nothing in them that a terminal obeys", () => {
  assert.equal(printable("a\u001b[31m\n\u202eb\u009b"), "a\\u{1b}[31m\\u{a}\\u{202e}b\\u{9b}");
  assert.equal(printable("王小明 👩‍💻 é"), "王小明 👩‍💻 é");
});
