// One example, as a user would try it: copied, installed with the packed library, built, started and used.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, existsSync, globSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { checkLogin } from "./login-flow.ts";
import { more } from "./more.ts";
import { freePort, type RunningServer, runNpm, startServer } from "./processes.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** Examples that have no login page to visit: their own test is all. */
const WITHOUT_LOGIN_PAGE: ReadonlySet<string> = new Set(["flask-side-by-side", "socket-io", "trpc", "ws"]);

interface ExampleRun {
  /** The example's folder in the repository. */
  readonly source: string;
  /** An empty folder, for its copy and its sessions. */
  readonly workplace: string;
  readonly tarball: string;
  /** Tells of each step when it is done. */
  readonly report: (step: string) => void;
}

/** @throws Error that says what failed. */
export async function tryExample({ source, workplace, tarball, report }: ExampleRun): Promise<void> {
  const folder = path.join(workplace, "app");
  const temporary = path.join(workplace, "tmp");
  mkdirSync(temporary);
  const isMadeByTools = (file: string): boolean =>
    /^(node_modules|\.next|dist|build|\.output|\.svelte-kit)$/.test(file);
  cpSync(source, folder, { recursive: true, filter: (file) => !isMadeByTools(path.basename(file)) });

  const port = await freePort();
  // What frameworks ask for that must know their own address.
  const address = { PORT: String(port), ORIGIN: `http://localhost:${port}` };
  // A build gets no secret: a user's has none either.
  const npm = (...args: string[]): Promise<void> => runNpm({ args, folder, environment: address });
  await npm("install", "--prefer-offline", "--no-audit", "--no-fund", tarball);
  report("installed");
  const { scripts = {} } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  if (!existsSync(path.join(folder, "tsconfig.json"))) {
    checkTypes(folder);
    report("types are right");
  }
  if (scripts.build !== undefined) {
    await npm("run", "build");
    report("built");
  }

  const environment = {
    ...address,
    ADMIN: "admin",
    SESSION_SECRET: randomBytes(32).toString("base64url"),
    // The embedded store's default directory is in there.
    TMPDIR: temporary,
  };
  if (scripts.test !== undefined) {
    await runNpm({ args: ["test"], folder, environment });
    report("passed its own test");
    if (WITHOUT_LOGIN_PAGE.has(path.basename(source))) return;
  }
  const start = (): Promise<RunningServer> => startServer({ args: ["start"], folder, environment }, port);
  await visit(start, more[path.basename(source)], report);
}

async function visit(
  start: () => Promise<RunningServer>,
  checkMore: ((site: string) => Promise<void>) | undefined,
  report: (step: string) => void,
): Promise<void> {
  let server = await start();
  report("started");
  try {
    await checkLogin(server.site, async () => {
      await server.kill();
      report("logged in and out");
      server = await start();
    });
    report("still logged in after a restart");
    if (!checkMore) return;
    await checkMore(server.site);
    report("does what else it shows");
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${server.output()}`);
  } finally {
    await server.kill();
  }
}

/** Node runs TypeScript without a look at its types. Examples that are built are checked by their own tools. */
function checkTypes(folder: string): void {
  const options = [
    "--noEmit",
    "--strict",
    "--skipLibCheck",
    "--allowImportingTsExtensions",
    "--noUncheckedIndexedAccess",
  ];
  const settings = ["--target", "es2023", "--module", "nodenext", "--types", "node"];
  const typeRoots = ["--typeRoots", path.join(root, "node_modules/@types")];
  const files = globSync("**/*.ts", { cwd: folder, exclude: ["node_modules/**"] });
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  const args = [tsc, ...options, ...settings, ...typeRoots, ...files];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`The types are wrong:\n${stdout}`);
}
