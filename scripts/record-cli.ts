// Runs the command line as a person does, on real servers with real logins, and writes down what was typed and what was
// answered: docs/cli-session.txt. Run it when the program's words have changed: npm run node -- scripts/record-cli.ts
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createSessions, generateSecret } from "coatcheck";
import { postgresStore } from "coatcheck/postgres";
import { RedisStore } from "connect-redis";
import pg from "pg";
import { createClient } from "redis";
import { startPostgres } from "../test/fixtures/servers/postgres.ts";
import { startRedis } from "../test/fixtures/servers/redis.ts";
import { createVisitor } from "../test/fixtures/visitor.ts";

const RECORDING = fileURLToPath(new URL("../docs/cli-session.txt", import.meta.url));
const MAIN = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** How many sessions the import of the recording copies. */
const OLD_SESSIONS = 20_000;
const HOUR = 60 * 60 * 1000;

const folder = mkdtempSync(join(tmpdir(), "coatcheck-recording-"));
const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
const secret = generateSecret();
const lines: string[] = [];
try {
  await record();
  writeFileSync(RECORDING, `${lines.join("\n").trimEnd()}\n`);
  console.log(`Written: ${RECORDING}`);
} finally {
  await Promise.all([redis.stop(), postgres.stop()]);
  rmSync(folder, { recursive: true, force: true });
}

async function record(): Promise<void> {
  installProgram();
  comment("A new database for an app, whose address is in COATCHECK_STORE.");
  type("coatcheck migrate");
  comment("The app runs for a while. Who is logged in, and from where?");
  const { keys, cookie } = await logIn();
  type("coatcheck list");
  type(`coatcheck show ${keys[0]}`);
  type("coatcheck list --owner ada --json");
  comment("Throw somebody out of one browser, of all. Without a terminal to ask on, it wants --yes.");
  type(`coatcheck revoke ${keys[1]}`, "coatcheck revoke-all ada --yes", "coatcheck stats");
  comment("A visitor says that the login does not last. What is wrong with this cookie? (SESSION_SECRET is set.)");
  writeFileSync(join(folder, "cookie.txt"), `Cookie: theme=dark; session=${cookie.slice(0, -2)}\n`);
  type("coatcheck inspect < cookie.txt", "echo $?");
  writeFileSync(join(folder, "cookie.txt"), `sid=${cookie}\n`);
  type("coatcheck inspect < cookie.txt");
  comment("A new secret in front of the old one.");
  writeFileSync(join(folder, ".env"), `SESSION_SECRET=${secret}\n`, { mode: 0o600 });
  type("coatcheck secret --rotate .env");
  comment("Is everything as it should be?");
  type("coatcheck doctor", `coatcheck doctor --store ${redis.url}`);
  comment(
    `An older app has ${OLD_SESSIONS.toLocaleString("en-US")} sessions of express-session in Redis. Its import is killed, and goes on.`,
  );
  await fillRedis();
  const command = `coatcheck import --from express-session --source ${redis.url} --owner-path passport.user`;
  type(`${command} --dry-run`, `timeout --signal=KILL 5 ${command}`, "echo $?", command, command);
  comment("What a shell script sees of errors.");
  type("coatcheck list --store redis://127.0.0.1:1", "echo $?", "coatcheck lst", "echo $?");
}

/** A program of that name on the PATH, as `npm install` would put it there. */
function installProgram(): void {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const file = join(bin, "coatcheck");
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' --conditions=coatcheck-source '${MAIN}' "$@"\n`);
  chmodSync(file, 0o755);
}

function comment(text: string): void {
  lines.push(`# ${text}`);
}

/** Types commands into one shell after the other; `$?` is that of the command before. */
function type(...commands: readonly string[]): void {
  let status = 0;
  for (const command of commands) {
    const result = spawnSync("bash", ["-c", `(exit ${status}); { ${command}\n} 2>&1`], {
      cwd: folder,
      encoding: "utf8",
      env: {
        PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
        HOME: folder,
        COATCHECK_STORE: postgres.url,
        SESSION_SECRET: secret,
        NODE_NO_WARNINGS: "1",
      },
    });
    status = result.status ?? 137;
    // A stack trace has paths of this machine in it, and no recording has a stack trace.
    if (result.stdout.includes(ROOT)) throw new Error(`\`${command}\` broke:\n${result.stdout}`);
    lines.push(`$ ${command}`, withoutShell(result.stdout));
  }
  lines.push("");
}

/** What the shell itself says of a killed program names this machine's paths. */
function withoutShell(output: string): string {
  return output
    .split("\n")
    .filter((line) => !line.startsWith("bash: line "))
    .join("\n")
    .trimEnd();
}

async function logIn(): Promise<{ keys: string[]; cookie: string }> {
  const pool = new pg.Pool({ connectionString: postgres.url });
  const sessions = createSessions<{ cart?: string[]; theme?: string }>({ secret, store: postgresStore({ pool }) });
  const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
  const safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile Safari/604.1";
  const logins = [
    ["ada", { userAgent: firefox, address: "192.0.2.7", place: "Berlin, DE" }],
    ["ada", { userAgent: safari, address: "198.51.100.24", place: "Potsdam, DE" }],
    ["ada", { userAgent: firefox, address: "203.0.113.9" }],
    ["bob", { userAgent: firefox, address: "192.0.2.99", place: "Lyon, FR" }],
  ] as const;
  const keys: string[] = [];
  let cookie = "";
  for (const [owner, device] of logins) {
    const visitor = createVisitor(sessions);
    const key = await visitor.request(async (session) => {
      session.cart = ["tea"];
      session.theme = "dark";
      await session.login(owner, device);
      return session.key;
    });
    keys.push(key);
    cookie = visitor.cookie?.split("=")[1] ?? "";
  }
  await sessions.close();
  await pool.end();
  return { keys, cookie };
}

async function fillRedis(): Promise<void> {
  const client = createClient({ url: redis.url });
  await client.connect();
  const store = new RedisStore({ client });
  const cookie = { originalMaxAge: HOUR, expires: new Date(Date.now() + HOUR), path: "/", httpOnly: true };
  for (let at = 0; at < OLD_SESSIONS; at += 1_000) {
    const ids = Array.from({ length: 1_000 }, (_, i) => `old-session-${at + i}`);
    await Promise.all(ids.map((id) => store.set(id, { cookie, passport: { user: `user${at % 7}` } } as never)));
  }
  client.destroy();
}
