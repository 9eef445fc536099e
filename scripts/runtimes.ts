// `npm run test:runtimes [-- bun deno workerd]`: the tests of what runs elsewhere than on Node, on Bun and on Deno: the core,
// the stores that need no server, and the behaviour of all adapters. In workerd, where no test runner runs, a program of its
// own. All come from npm, into folders of their own.
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { runWorker } from "./workerd.ts";

const CONDITION = "--conditions=coatcheck-source";

interface Runtime {
  readonly name: string;
  readonly version: string;
  /** Packages that are installed with it. */
  readonly beside?: readonly string[];
  /** The command line that runs one test file. */
  readonly command: (program: string, file: string) => string[];
  /** Tests that use something of Node's test runner, or of its command line, that is not there. */
  readonly leftOut: Readonly<Record<string, string>>;
}

const RUNTIMES: readonly Runtime[] = [
  {
    name: "bun",
    version: "1.4.5",
    command: (program, file) => [program, CONDITION, "test", "--timeout", "120000", `./${file}`],
    leftOut: {
      "src/core/record/codec.test.ts": "Bun's deepEqual takes equal maps of maps for different",
    },
  },
  {
    name: "deno",
    version: "2.9.6",
    command: (program, file) => [program, "test", "--allow-all", "--no-check", CONDITION, file],
    leftOut: {
      "src/core/admin/revocation.test.ts": "uses mock timers, which Deno's node:test can't enable twice",
      "src/stores/memory/index.test.ts": "starts Node with its own options",
      "src/stores/sqlite/index.test.ts": "starts Node with its own options",
    },
  },
];

const WORKERD = { name: "workerd", version: "1.20260730.1", beside: ["esbuild@0.28.2"] };

const FILES = [
  "src/core/**/*.test.ts",
  "src/adapters/{fetch,next,shared}/*.test.ts",
  "src/stores/{memory,sqlite}/index.test.ts",
  "test/conformance/{memory,sqlite}.test.ts",
  "test/behaviour/*.test.ts",
];

const home = path.resolve(".cache/runtimes");
const asked = process.argv.slice(2);
const names = [...RUNTIMES.map(({ name }) => name), WORKERD.name];
const unknown = asked.find((name) => !names.includes(name));
if (unknown !== undefined) throw new Error(`There is no runtime ${unknown} here. There are: ${names.join(", ")}.`);
const isAsked = ({ name }: Pick<Runtime, "name">): boolean => asked.length === 0 || asked.includes(name);

let failures = 0;
for (const runtime of RUNTIMES.filter(isAsked)) {
  const folder = install(runtime);
  const program = path.join(folder, "node_modules/.bin", runtime.name);
  for (const file of globSync(FILES).sort()) run(runtime, program, file.replaceAll(path.sep, "/"));
}
if (isAsked(WORKERD)) {
  const folder = install(WORKERD);
  report(WORKERD.name, "test/runtimes/worker.ts", () => runWorker(folder));
}
console.log(failures === 0 ? "All well." : `${failures} failed.`);
process.exitCode = failures === 0 ? 0 : 1;

/** Installs the runtime once, and returns the folder. */
function install({ name, version, beside = [] }: Pick<Runtime, "name" | "version" | "beside">): string {
  const folder = path.join(home, `${name}-${version}`);
  if (existsSync(path.join(folder, "node_modules/.bin", name))) return folder;
  console.log(`Installing ${name} ${version} ...`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "package.json"), '{ "private": true }\n');
  const args = ["install", "--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts=false"];
  const { status } = spawnSync("npm", [...args, `${name}@${version}`, ...beside], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error(`npm could not install ${name} ${version}.`);
  return folder;
}

function run({ name, command, leftOut }: Runtime, program: string, file: string): void {
  const reason = leftOut[file];
  if (reason !== undefined) {
    console.log(`${name}  left out  ${file}: ${reason}`);
    return;
  }
  report(name, file, () => {
    const [first = "", ...args] = command(program, file);
    const { status, stdout, stderr } = spawnSync(first, args, {
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
    });
    return status === 0 ? undefined : `${stdout}\n${stderr}`;
  });
}

/** @param work Returns what went wrong. */
function report(name: string, file: string, work: () => string | undefined): void {
  const started = performance.now();
  const failure = work();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${name}  ${failure === undefined ? "passed  " : "FAILED  "}  ${file}  ${seconds} s`);
  if (failure === undefined) return;
  failures++;
  console.log(failure.split("\n").slice(-80).join("\n"));
}
