import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { SessionOptionError } from "../../core/errors.ts";
import { defaultDirectory, keepText, openPrivateDirectory } from "./private-directory.ts";

const FILES = ["database"];

function newPlace(t: TestContext): string {
  const place = mkdtempSync(join(tmpdir(), "coatcheck-private-"));
  t.after(() => rmSync(place, { recursive: true, force: true }));
  return place;
}

function assertRefused(path: string, problem: RegExp): void {
  assert.throws(
    () => openPrivateDirectory(path, FILES),
    (error) => {
      assert.ok(error instanceof SessionOptionError);
      assert.equal(error.option, "path");
      assert.match(error.message, problem);
      return true;
    },
  );
}

test("S34 a directory is made with its parents, closed to others, and found again", (t) => {
  const path = join(newPlace(t), "a", "b");
  assert.equal(openPrivateDirectory(`${path}/`, FILES), path);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  assert.equal(openPrivateDirectory(path, FILES), path);
});

test("S34 a symbolic link in its place is refused, and nothing is made behind it", (t) => {
  const place = newPlace(t);
  const [target, path] = [join(place, "target"), join(place, "link")];
  mkdirSync(target, { mode: 0o700 });
  symlinkSync(target, path);
  assertRefused(path, /symbolic link/);
  assertRefused(`${path}/`, /symbolic link/);
  symlinkSync(join(place, "nowhere"), join(place, "dangling"));
  assertRefused(join(place, "dangling"), /symbolic link/);
  assert.deepEqual(readdirSync(place).sort(), ["dangling", "link", "target"]);
});

test("S34 a directory that others may enter is refused", (t) => {
  const path = join(newPlace(t), "open");
  mkdirSync(path);
  for (const mode of [0o755, 0o701, 0o777]) {
    chmodSync(path, mode);
    assertRefused(path, new RegExp(`mode ${mode.toString(8)}.*chmod 700`));
  }
});

test("S34 a group's rights to what is ours are taken back: a Kubernetes volume gives them at every start", (t) => {
  const path = openPrivateDirectory(join(newPlace(t), "store"), FILES);
  const file = join(path, FILES[0] as string);
  writeFileSync(file, "", { mode: 0o600 });
  chmodSync(path, 0o2770);
  chmodSync(file, 0o660);
  assert.equal(openPrivateDirectory(path, FILES), path);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test("S34 a directory of another user is refused", (t) => {
  // Root may give one away; anyone else looks at root's.
  let path = "/";
  if (process.geteuid?.() === 0) {
    path = join(newPlace(t), "theirs");
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, 12_345, 12_345);
  }
  assertRefused(path, /belongs to another user/);
});

test("what is no directory, or can't be made, is refused", (t) => {
  const place = newPlace(t);
  writeFileSync(join(place, "file"), "");
  assertRefused(join(place, "file"), /no directory/);
  assertRefused(join(place, "file", "below"), /can't be made/);
  assertRefused("", /no path/);
});

test("S34 a parent in which everybody may rename what is there is refused", (t) => {
  const parent = join(newPlace(t), "parent");
  mkdirSync(parent);
  chmodSync(parent, 0o777);
  assertRefused(join(parent, "store"), /lets every user rename/);
  chmodSync(parent, 0o1777);
  openPrivateDirectory(join(parent, "store"), FILES);
});

test("S34 a planted file is refused: a link, one that others can read, another user's, no file at all", (t) => {
  const place = newPlace(t);
  const path = openPrivateDirectory(join(place, "store"), FILES);
  const file = join(path, "database");
  const plant = (make: () => void, problem: RegExp): void => {
    make();
    assertRefused(path, problem);
    rmSync(file, { recursive: true });
  };
  plant(() => symlinkSync(join(place, "target"), file), /symbolic link/);
  plant(() => symlinkSync("/etc/passwd", file), /symbolic link/);
  plant(() => writeFileSync(file, "", { mode: 0o644 }), /mode 644.*chmod 600/);
  plant(() => mkdirSync(file, { mode: 0o700 }), /no regular file/);
  if (process.geteuid?.() === 0) {
    plant(() => {
      writeFileSync(file, "", { mode: 0o600 });
      chownSync(file, 12_345, 12_345);
    }, /another user/);
  }
  assert.equal(openPrivateDirectory(path, FILES), path);
});

test("S34 a kept text is made once, for the user alone, and is never read through a link", (t) => {
  const path = openPrivateDirectory(join(newPlace(t), "store"), FILES);
  assert.equal(
    keepText(path, "secret", () => "first"),
    "first",
  );
  assert.equal(
    keepText(path, "secret", () => "second"),
    "first",
  );
  assert.equal(statSync(join(path, "secret")).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(path), ["secret"], "no draft is left");
  symlinkSync(join(path, "secret"), join(path, "linked"));
  assert.throws(() => keepText(path, "linked", () => "x"));
  chmodSync(join(path, "secret"), 0o644);
  assert.throws(() => keepText(path, "secret", () => "x"), SessionOptionError);
});

test("the default directory is one for each working directory", (t) => {
  const before = process.cwd();
  t.after(() => process.chdir(before));
  const first = defaultDirectory();
  assert.equal(defaultDirectory(), first);
  process.chdir(newPlace(t));
  assert.notEqual(defaultDirectory(), first);
});
