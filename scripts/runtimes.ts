// `npm run test:runtimes [-- bun deno]`: the tests of what runs elsewhere than on Node, on Bun and on Deno: the core, the
// stores that need no server, and the behaviour of all adapters. Both come from npm, into a folder of their own.
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

const CONDITION = "--conditions=coatcheck-source";

interface Runtime {
  readonly name: string;
  readonly version: string;
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
      "src/core/codec.test.ts": "Bun's deepEqual takes equal maps of maps for different",
    },
  },
  {
    name: "deno",
    version: "2.9.6",
    command: (program, file) => [program, "test", "--allow-all", "--no-check", CONDITION, file],
    leftOut: {
      "src/core/revocation.test.ts": "uses mock timers, which Deno's node:test can't enable twice",
      "src/stores/memory.test.ts": "starts Node with its own options",
      "src/stores/sqlite.test.ts": "starts Node with its own options",
    },
  },
];

const FILES = [
  "src/core/*.test.ts",
  "src/adapters/*.test.ts",
  "src/stores/{memory,sqlite}.test.ts",
  "test/conformance/{memory,sqlite}.test.ts",
  "test/behaviour/*.test.ts",
];

const home = path.resolve(".cache/runtimes");
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !RUNTIMES.some((runtime) => runtime.name === name));
if (unknown !== undefined) throw new Error(`There is no runtime ${unknown} here. There are: bun, deno.`);

let failures = 0;
for (const runtime of RUNTIMES.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
  const program = install(runtime);
  for (const file of globSync(FILES).sort()) run(runtime, program, file.replaceAll(path.sep, "/"));
}
console.log(failures === 0 ? "All well." : `${failures} failed.`);
process.exitCode = failures === 0 ? 0 : 1;

/** Installs the runtime once, and answers where its program is. */
function install({ name, version }: Runtime): string {
  const folder = path.join(home, `${name}-${version}`);
  const program = path.join(folder, "node_modules/.bin", name);
  if (existsSync(program)) return program;
  console.log(`Installing ${name} ${version} ...`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "package.json"), '{ "private": true }\n');
  const args = [
    "install",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--ignore-scripts=false",
    `${name}@${version}`,
  ];
  const { status } = spawnSync("npm", args, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`npm could not install ${name} ${version}.`);
  return program;
}

function run({ name, command, leftOut }: Runtime, program: string, file: string): void {
  const reason = leftOut[file];
  if (reason !== undefined) {
    console.log(`${name}  left out  ${file}: ${reason}`);
    return;
  }
  const started = performance.now();
  const [first = "", ...args] = command(program, file);
  const { status, stdout, stderr } = spawnSync(first, args, {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${name}  ${status === 0 ? "passed  " : "FAILED  "}  ${file}  ${seconds} s`);
  if (status === 0) return;
  failures++;
  console.log(`${stdout}\n${stderr}`.split("\n").slice(-80).join("\n"));
}
