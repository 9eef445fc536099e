// The package as a user gets it: packed, judged by publint and attw, installed into a new project, compiled and run there.
// `npm run test:package` runs it; `npm test` does not, since it needs the npm registry.
import assert from "node:assert/strict";
import { copyFileSync, existsSync, globSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, type TestContext, test } from "node:test";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { compileAsUser, findAny, RESOLUTIONS, toJavaScript } from "./declarations.ts";
import { tryEcosystem } from "./ecosystem/ecosystem.ts";
import {
  closeWorkshop,
  createFolder,
  createUserProject,
  entryPoints,
  findNodes,
  install,
  manifest,
  type Packed,
  pack,
  root,
  run,
  withOurVersion,
} from "./temporary-project.ts";

/** The most that the tarball may weigh, in bytes. Raise it with a reason. A sixth of it is the CommonJS build. */
const SIZE_BUDGET = 1_250_000;

/** The most that it may weigh when it is installed, with its dependencies, in bytes. */
const INSTALLED_BUDGET = 6_000_000;

/** Exports that a project without their optional peers cannot import. All others must do without any peer. */
const NEED_PEERS = ["./flask", "./opentelemetry", "./testing/conformance"];

/** `coatcheck/next` is tried by its example, which is built; alone it needs nothing of Next. */
const PEERS = Object.keys(manifest.peerDependencies).filter((name) => name !== "next");

/** A program of someone who has swapped the name of the package and nothing else. */
const REQUIRE_DROP_IN = `
  const session = require("coatcheck/express-session");
  const middleware = session({ secret: "swap the name", resave: false, saveUninitialized: false });
  if (typeof middleware !== "function" || typeof session.MemoryStore !== "function") process.exit(1);`;

/** Their types: an ES module's, CommonJS's, and those of a program of both, where each sees what the other declares. */
const DROP_IN = ["drop-in.ts", "drop-in.cts", "drop-in-both.mts", "drop-in-both.cts"];

after(closeWorkshop);

test("the package", async (t) => {
  // The report of each step waits for the programs that the next ones start.
  t.beforeEach((step) => void process.stderr.write(`... ${"name" in step ? step.name : ""}\n`));
  await must(t, "has a source behind each export", checkSources);
  await t.test("leads require() to ES modules wherever they can be loaded so", checkConditions);
  const packed = await must(t, "builds and packs", pack);
  await t.test("holds what it should, and no more", (t) => checkFiles(packed, t));
  await t.test("says any nowhere in its types", () => checkAny(packed));
  await t.test("pleases publint", () => checkWithPublint(packed));
  await t.test("pleases attw", () => void run(bin("attw"), [packed.tarball, "--profile", "node16"], root));

  const nodes = await must(t, "finds two Nodes to run on", findNodes);
  const user = await must(t, "installs without its optional peers", () => {
    const folder = createUserProject();
    install(folder, [packed.tarball]);
    return folder;
  });
  await t.test("brings no native code and no install script, and is small with its dependencies", (t) => {
    checkInstalled(path.join(user, "node_modules"), t);
  });
  const names = entryPoints.map(([name]) => name);
  await t.test("is imported without its optional peers", (t) => {
    importAll(nodes.own, user, [...names.filter((name) => !NEED_PEERS.includes(name))], t);
  });
  await must(t, "installs beside them", () => {
    install(user, [...PEERS, "@types/node"].map(withOurVersion));
  });
  writeFileSync(path.join(user, "app.mjs"), toJavaScript(consumer("app.ts")));
  for (const node of new Set(Object.values(nodes))) {
    const version = run(node, ["--version"], user).trim();
    await t.test(`is imported, each export, on Node ${version}`, (t) => importAll(node, user, names, t));
    await t.test(`is one copy to import and require(), each export, on Node ${version}`, () => {
      copyFileSync(consumer("one-copy.mjs"), path.join(user, "one-copy.mjs"));
      run(node, ["--no-warnings", "one-copy.mjs", ...specifiersOf(names)], user);
    });
    await t.test(`is the function itself to a require() of the drop-in, on Node ${version}`, () => {
      run(node, ["--no-warnings", "--eval", REQUIRE_DROP_IN], user);
    });
    await t.test(`keeps a session on Node ${version}`, () => void run(node, ["app.mjs"], user));
  }
  for (const [resolution, options] of Object.entries(RESOLUTIONS)) {
    await t.test(`compiles in a user's program: ${resolution}`, () => {
      assert.deepEqual(compileAsUser(userProgram(user), path.join(user, "node_modules", manifest.name), options), []);
    });
  }
  for (const beside of ["express", "express-session"]) {
    await t.test(`is typed where express-session was swapped for it, beside the types of ${beside}`, () => {
      install(user, [`@types/${beside}`].map(withOurVersion));
      for (const name of DROP_IN) copyFileSync(consumer(name), path.join(user, name));
      const folder = path.join(user, "node_modules", manifest.name);
      for (const name of DROP_IN) {
        for (const resolution of [RESOLUTIONS.node16, RESOLUTIONS.nodenext]) {
          const options = { ...resolution, types: ["node", beside] };
          assert.deepEqual(compileAsUser(path.join(user, name), folder, options), [], name);
        }
      }
    });
  }
  for (const resolution of ["node16", "nodenext"] as const) {
    await t.test(`compiles in a user's CommonJS: ${resolution}`, () => {
      const folder = path.join(user, "node_modules", manifest.name);
      assert.deepEqual(compileAsUser(commonjsProgram(user), folder, RESOLUTIONS[resolution]), []);
    });
  }
  await tryEcosystem(t, packed, createFolder("ecosystem"));
});

/** A step without which the rest makes no sense: when it fails, the rest is not tried. */
async function must<T>(t: TestContext, name: string, step: () => T | Promise<T>): Promise<T> {
  let done: { value: T } | undefined;
  await t.test(name, async () => {
    done = { value: await step() };
  });
  if (done === undefined) throw new Error(`The rest was not tried, since the package no longer "${name}".`);
  return done.value;
}

function checkSources(): void {
  const missing = entryPoints
    .filter(([, targets]) => !existsSync(path.join(root, targets["coatcheck-source"])))
    .map(
      ([name, targets]) => `package.json exports "${name}" from ${targets["coatcheck-source"]}, which does not exist`,
    );
  assert.deepEqual(missing, []);
}

/** The conditions in the order of decision 022. Without them, a program could hold two copies of the library. */
function checkConditions(): void {
  for (const [name, targets] of entryPoints) {
    const { types, default: code } = targets;
    const expected = name === "./express-session" ? callableTargets() : targetsOf(code.replace(/^\.\/dist\//, ""));
    assert.equal(
      JSON.stringify(targets),
      JSON.stringify({ "coatcheck-source": targets["coatcheck-source"], ...expected, types, default: code }),
    );
  }
}

function targetsOf(file: string): object {
  const code = `./dist/${file}`;
  const commonjs = `./dist/cjs/${file}`;
  const require = { types: commonjs.replace(/\.js$/, ".d.ts"), default: commonjs };
  return { "module-sync": code, module: code, bun: code, require };
}

/** CommonJS gets a function here, and so another file. */
function callableTargets(): object {
  const file = "express-session/index.cjs";
  const code = `./dist/${file}`;
  const types = "./dist/express-session/index.d.cts";
  return { require: { types, "module-sync": code, bun: code, default: `./dist/cjs/${file}` } };
}

function checkFiles({ files, size, unpackedSize }: Packed, t: TestContext): void {
  const wanted = entryPoints
    .flatMap(([, { types, default: code, require }]) => [types, code, ...Object.values(require)])
    .map((file) => path.normalize(file));
  const expected = [...wanted, "package.json", "README.md", "LICENSE"];
  assert.deepEqual(
    expected.filter((file) => !files.includes(file)),
    [],
    "files that should be in the package",
  );
  const allowed = /^(dist|src)\/|^(package\.json|LICENSE|README.*\.md|CHANGELOG\.md)$/;
  assert.deepEqual(
    files.filter((file) => !allowed.test(file) || file.includes(".test.")),
    [],
    "files that should not be in the package",
  );
  t.diagnostic(`packed ${kilobytes(size)} of ${kilobytes(SIZE_BUDGET)}, unpacked ${kilobytes(unpackedSize)}`);
  assert.ok(size <= SIZE_BUDGET, `the package weighs ${size} bytes, over its budget of ${SIZE_BUDGET}`);
}

/** What a user has after `npm install coatcheck` alone. */
function checkInstalled(folder: string, t: TestContext): void {
  const files = globSync("**/*", { cwd: folder, withFileTypes: true }).filter((file) => file.isFile());
  const size = files.reduce((total, file) => total + statSync(path.join(file.parentPath, file.name)).size, 0);
  t.diagnostic(`installed ${kilobytes(size)} of ${kilobytes(INSTALLED_BUDGET)}`);
  assert.ok(size < INSTALLED_BUDGET, `an installation weighs ${size} bytes, over its budget of ${INSTALLED_BUDGET}`);
  assert.deepEqual(
    files.filter(({ name }) => name.endsWith(".node")).map(({ name }) => name),
    [],
    "native modules",
  );
  const scripts = files
    .filter(({ name }) => name === "package.json")
    .map((file): { name?: string; scripts?: object } =>
      JSON.parse(readFileSync(path.join(file.parentPath, file.name), "utf8")),
    )
    .filter(({ scripts = {} }) => ["preinstall", "install", "postinstall"].some((name) => name in scripts))
    .map(({ name }) => name);
  assert.deepEqual(scripts, [], "packages with an install script");
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

function checkAny({ folder }: Packed): void {
  const declarations = globSync("dist/**/*.d.ts", { cwd: folder });
  assert.ok(declarations.length > 0, "there are declarations to look at");
  assert.deepEqual(
    declarations.flatMap((file) => findAny(path.join(folder, file))),
    [],
  );
}

async function checkWithPublint({ tarball }: Packed): Promise<void> {
  const bytes = readFileSync(tarball);
  const packed = { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) };
  const { messages, pkg } = await publint({ pack: packed, strict: true });
  assert.deepEqual(
    messages.map((message) => formatMessage(message, pkg, { color: false })),
    [],
  );
}

function importAll(node: string, folder: string, names: readonly string[], t: TestContext): void {
  copyFileSync(consumer("import-all.mjs"), path.join(folder, "import-all.mjs"));
  const output = run(node, ["import-all.mjs", ...specifiersOf(names)], folder);
  for (const line of output.trim().split("\n")) t.diagnostic(line);
}

function specifiersOf(names: readonly string[]): string[] {
  return names.map((name) => path.posix.join(manifest.name, name));
}

/** The user's program in TypeScript; beside the app, it imports every export, so that each one's types are seen. */
function userProgram(folder: string): string {
  const file = path.join(folder, "app.ts");
  const imports = entryPoints.map(([name], i) => `export * as e${i} from "${path.posix.join(manifest.name, name)}";`);
  writeFileSync(file, [readFileSync(consumer("app.ts"), "utf8"), ...imports].join("\n"));
  return file;
}

/** The same as CommonJS, which has no `await` outside of functions. */
function commonjsProgram(folder: string): string {
  const file = path.join(folder, "app.cts");
  writeFileSync(file, readFileSync(consumer("app.cts"), "utf8") + importsOfAll());
  return file;
}

function importsOfAll(): string {
  return entryPoints.map(([name], i) => `export import e${i} = require("${specifiersOf([name])[0]}");`).join("\n");
}

function consumer(file: string): string {
  return path.join(import.meta.dirname, "consumer", file);
}

function bin(name: string): string {
  return path.join(root, "node_modules/.bin", name);
}
