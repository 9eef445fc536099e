// The packed package in the tools that people build, test and install with. Each runs a login, and a visit after a restart.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { manifest, type Packed, run } from "../temporary-project.ts";
import { BUNDLERS, bundles, MAIN_WITHOUT_AWAIT } from "./bundles.ts";
import { tryNext } from "./next.ts";
import { emptyPlace, logInAndRestart, runIn } from "./places.ts";

const RUNNERS = ["jest@30.5.2", "vitest@5.1.2"] as const;
const PNPM = "pnpm@12.21.0";
const YARN = "@yarnpkg/cli-dist@4.18.1";

/** Loaded by Jest without peers that an app brings. */
const WITH_PEERS = ["./hono", "./flask", "./opentelemetry", "./testing/conformance"];

interface Ground {
  readonly packed: Packed;
  /** An empty folder for everything. */
  readonly home: string;
  /** The folder of a user who has installed the package, the bundlers and the test runners. */
  readonly user: string;
}

/** @param home An empty folder. */
export async function tryEcosystem(t: TestContext, packed: Packed, home: string): Promise<void> {
  const user = path.join(home, "user");
  createProject(user);
  await t.test("installs beside bundlers and test runners", () =>
    npmInstall(user, [packed.tarball, ...BUNDLERS, ...RUNNERS]),
  );
  const ground = { packed, home, user };
  for (const [name, bundle] of Object.entries(bundles)) {
    await t.test(`keeps a login in a bundle of ${name}`, () => {
      const file = bundle(user);
      logInAndRestart(emptyPlace(), path.dirname(file), process.execPath, [file]);
    });
  }
  await tryRunners(t, ground);
  await tryPlaces(t, ground);
  await tryInstallers(t, ground);
  await t.test("keeps a login in Next.js, output standalone", () => tryNext(packed, path.join(home, "next")));
}

async function tryRunners(t: TestContext, { user }: Ground): Promise<void> {
  const node = process.execPath;
  const place = emptyPlace();
  const EXPORTS = specifiersIn(path.join(user, "node_modules", manifest.name)).join();
  const withExports = { environment: { ...place.environment, EXPORTS } };
  const jest = path.join(user, "node_modules/jest/bin/jest.js");
  await t.test("keeps a login in Jest, CommonJS", () => {
    runIn(withExports, user, node, [jest, "--testMatch", "**/jest.test.cjs"]);
  });
  await t.test("keeps a login in Jest, ES modules", () => {
    runIn(place, user, node, ["--experimental-vm-modules", jest, "--testMatch", "**/jest.test.mjs"]);
  });
  await t.test("keeps a login in Vitest, all timers faked", () => {
    runIn(place, user, node, [
      path.join(user, "node_modules/vitest/vitest.mjs"),
      "run",
      "--pool=threads",
      "vitest.test.mjs",
    ]);
  });
}

/** The exports of an installed package that need nothing beside it. */
function specifiersIn(folder: string): string[] {
  const { exports }: typeof manifest = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  const names = Object.keys(exports).filter((name) => name !== "./package.json" && !WITH_PEERS.includes(name));
  return names.map((name) => path.posix.join(manifest.name, name));
}

async function tryPlaces(t: TestContext, { user }: Ground): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  const skip = !isRoot && "only root can run as another user";
  await t.test("keeps a login for a user without a home", { skip }, () => {
    // Out of the folders that only we may look into.
    const folder = mkdtempSync(path.join(tmpdir(), "coatcheck-homeless-"));
    chmodSync(folder, 0o755);
    cpSync(bundles["esbuild, an ES module"]?.(user) ?? "", path.join(folder, "main.mjs"));
    logInAndRestart({ ...emptyPlace(), uid: 54_321 }, folder, process.execPath, ["main.mjs"]);
    rmSync(folder, { recursive: true });
  });
  const readOnly = ["unshare", "--mount", "--map-root-user", "sh", "-c", READ_ONLY, "sh", user];
  const canMount = spawnSync(readOnly[0] ?? "", [...readOnly.slice(1), "true"]).status === 0;
  await t.test("keeps a login in a read-only folder", { skip: !canMount && "nothing can be mounted here" }, () => {
    logInAndRestart({ ...emptyPlace(), within: readOnly }, user, process.execPath, ["main.mjs"]);
  });
}

/** Mounts the folder, its first argument, once more without the right to write, and runs the rest. */
const READ_ONLY =
  'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && cd "$1" && shift && ! touch x 2>/dev/null && exec "$@"';

async function tryInstallers(t: TestContext, { packed, home }: Ground): Promise<void> {
  const tools = path.join(home, "tools");
  createProject(tools);
  await t.test("finds pnpm and Yarn", () => npmInstall(tools, [PNPM, YARN]));
  await t.test("keeps a login where pnpm has installed, with nothing hoisted", () => {
    const folder = path.join(home, "pnpm");
    createProject(folder);
    writeFileSync(path.join(folder, ".npmrc"), "hoist=false\n");
    run(path.join(tools, "node_modules/.bin/pnpm"), ["add", packed.tarball], folder);
    logInAndRestart(emptyPlace(), folder, process.execPath, ["main.mjs"]);
    logInAndRestart(emptyPlace(), folder, process.execPath, ["main.cjs"]);
  });
  await t.test("keeps a login where Yarn has installed, Plug'n'Play", () => {
    const folder = path.join(home, "yarn");
    createProject(folder);
    writeFileSync(path.join(folder, "yarn.lock"), "");
    writeFileSync(path.join(folder, ".yarnrc.yml"), yarnSettings());
    const yarn = path.join(tools, "node_modules/@yarnpkg/cli-dist/bin/yarn.js");
    run(process.execPath, [yarn, "add", `${manifest.name}@file:${packed.tarball}`], folder);
    logInAndRestart(emptyPlace(), folder, process.execPath, [yarn, "node", "main.mjs"]);
    logInAndRestart(emptyPlace(), folder, process.execPath, [yarn, "node", "main.cjs"]);
  });
}

/** Yarn does not read npm's settings; where they name a registry, it is told of it. */
function yarnSettings(): string {
  const registry = run("npm", ["config", "get", "registry"], process.cwd()).trim();
  const lines = [
    "nodeLinker: pnp",
    "enableTelemetry: false",
    "enableGlobalCache: false",
    `npmRegistryServer: "${registry}"`,
  ];
  if (registry.startsWith("http:")) lines.push(`unsafeHttpWhitelist: ["${new URL(registry).hostname}"]`);
  return `${lines.join("\n")}\n`;
}

/** A user's project with the program in it. */
function createProject(folder: string): void {
  mkdirSync(folder, { recursive: true });
  cpSync(path.join(import.meta.dirname, "../consumer/ecosystem"), folder, { recursive: true });
  writeFileSync(path.join(folder, "main.async.mjs"), MAIN_WITHOUT_AWAIT);
  const jest = { testEnvironment: "node", transform: {}, moduleFileExtensions: ["js", "mjs", "cjs", "json"] };
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name: "user", private: true, jest }));
}

function npmInstall(folder: string, packages: readonly string[]): void {
  run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error", ...packages], folder);
}
