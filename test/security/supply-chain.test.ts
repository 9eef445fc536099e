// S43: what users install with the package, and what they don't.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { SECRET } from "../fixtures/manager.ts";

/** How many packages may come by `dependencies`. Raise it with a reason. */
const DEPENDENCIES = 8;
const LICENSES = /^(MIT|ISC|BSD-2-Clause|BSD-3-Clause|Apache-2\.0|0BSD|BlueOak-1\.0\.0)$/;

interface LockedPackage {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly peer?: boolean;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
}

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const lock: { lockfileVersion: number; packages: Record<string, LockedPackage> } = JSON.parse(
  readFileSync("package-lock.json", "utf8"),
);
const locked = Object.entries(lock.packages).filter(([place]) => place !== "");
const nameOf = (place: string): string => place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);

test("S43 runtime dependencies are few, and each is named with its reason in docs/dependencies.md", () => {
  const page = readFileSync("docs/dependencies.md", "utf8");
  const [, installed = "", brought = ""] = page.split(/^## /m);
  const names = Object.keys(manifest.dependencies);
  assert(names.length <= DEPENDENCIES, `${names.length} dependencies`);
  const rows = (text: string): string[] => text.split("\n").filter((line) => line.startsWith("| ["));
  const rowOf = (text: string, name: string): string => rows(text).find((row) => row.includes(`[${name}]`)) ?? "";
  for (const name of names) assert(rowOf(installed, name).length > 80, `${name} has a row with a reason`);
  assert.equal(rows(installed).length, names.length, "and no row is of a package that is gone");
  for (const name of Object.keys(manifest.peerDependencies)) assert(rowOf(brought, name) !== "", `${name} has a row`);
});

test("S43 the lock pins every package by its hash, names no registry, and what ships is under permissive licenses", () => {
  assert.equal(lock.lockfileVersion, 3);
  assert(locked.length > 100);
  for (const [place, { resolved, integrity, dev, peer, license }] of locked) {
    assert.equal(resolved, undefined, place);
    assert.match(integrity ?? "", /^sha512-/, place);
    if (!dev && !peer) assert.match(license ?? "", LICENSES, place);
  }
});

test("S43 nothing of ours runs at install time, and of others only what is named", () => {
  for (const script of ["preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare"]) {
    assert.equal(manifest.scripts[script], undefined, script);
  }
  const running = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([place]) => nameOf(place));
  assert.deepEqual(running.sort(), Object.keys(manifest.allowScripts).sort());
});

test("S43 the tarball holds what it should: no test, no secret, nothing of the machine it was packed on", () => {
  // Without the build: test/package looks at what is built.
  const printed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [{ files }] = JSON.parse(printed) as [{ files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  assert(paths.includes("src/index.ts"));
  for (const path of paths) {
    assert.match(path, /^(package\.json|README(\.[\w-]+)?\.md|CHANGELOG\.md|LICENSE|src\/.+|dist\/.+)$/);
    assert.doesNotMatch(path, /\.test\.|\.check\.|\.pem$|\.key$|\.env|\.npmrc|\.log$|\.map\.|(^|\/)node_modules\//);
    const text = readFileSync(path, "utf8");
    assert.doesNotMatch(text, /-----BEGIN [A-Z ]*PRIVATE KEY-----|npm_[A-Za-z0-9]{36}|gh[pousr]_[A-Za-z0-9]{36}/, path);
    assert(!text.includes(SECRET), path);
  }
});

test("S43 a release is published from a tag, with provenance, without a stored token, after everything was run", () => {
  const workflow = readFileSync(".github/workflows/release.yml", "utf8");
  assert.match(workflow, /tags: \["v\*\.\*\.\*"\]/);
  assert.match(workflow, /id-token: write/);
  assert.match(workflow, /run: \.ci\/run[\s\S]*npm publish --provenance/);
  assert.doesNotMatch(workflow, /NODE_AUTH_TOKEN|NPM_TOKEN|secrets\./);
  for (const file of ["release.yml", "ci.yml"]) {
    assert.match(readFileSync(`.github/workflows/${file}`, "utf8"), /^permissions:\n {2}contents: read$/m, file);
  }
});
