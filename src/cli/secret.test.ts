// `coatcheck secret`, and the rotation of secrets in an env file.
import assert from "node:assert/strict";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { coatcheck, emptyFolder, jsonOf } from "../../test/fixtures/cli/program.ts";
import { createTestManager } from "../../test/fixtures/manager.ts";
import { createVisitor } from "../../test/fixtures/visitor.ts";
import { rotated } from "./env-file.ts";

const folder = emptyFolder();
after(() => rmSync(folder, { recursive: true, force: true }));

const OLD = "o1dL0bUe7y9wTz4vNn3rKx8cPd5fGj6m";

test("S25 secret prints a new one of 256 bits each time, and nothing else", async () => {
  const [first, second] = await Promise.all([coatcheck(["secret"]), coatcheck(["secret", "--json"])]);
  assert.match(first.stdout, /^[\w-]{43}\n$/);
  assert.equal(first.stderr, "");
  const { secret } = jsonOf<{ secret: string }>(second);
  assert.match(secret, /^[\w-]{43}$/);
  assert.notEqual(secret, first.stdout.trim());
});

test("S26 --rotate puts a new one first, keeps the rest, the file's mode and all other lines, and nobody is logged out", async () => {
  const file = join(folder, ".env");
  writeFileSync(file, `PORT=80\nexport SESSION_SECRET="${OLD}" # since May\r\nLAST=1`);
  chmodSync(file, 0o640);
  const visitor = createVisitor(createTestManager({ secret: OLD }).sessions);
  await visitor.request((session) => {
    session.user = "ada";
  });

  const { code, stdout, stderr } = await coatcheck(["secret", "--rotate", file]);
  assert.equal(code, 0);
  const text = readFileSync(file, "utf8");
  const [, list = ""] = /^PORT=80\nexport SESSION_SECRET="([^"]*)" # since May\r\nLAST=1$/.exec(text) ?? [];
  const secrets = list.split(",");
  assert.equal(secrets.length, 2);
  assert.equal(secrets[1], OLD);
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.deepEqual(readdirSync(folder), [".env"]);
  assert.match(stderr, /process\.env\.SESSION_SECRET\.split\(","\)/);
  // In a rolling deploy, a server with the old list alone would refuse what the new secret signs.
  assert.match(stderr, /rolling deploy.*\n +1\. Deploy SESSION_SECRET=OLD,NEW.*\n +2\..*SESSION_SECRET=NEW,OLD/);
  for (const secret of secrets) assert.equal((stdout + stderr).includes(secret), false);

  // Read as the message says, the list signs by the new one and verifies by both.
  const { sessions, calls } = createTestManager({ secret: list.split(",") as [string, ...string[]] });
  await sessions.open(visitor.cookie);
  assert.equal(calls["load"], 1);
});

test("--rotate adds a missing variable, follows a link to the file, and counts", async () => {
  const file = join(folder, "real.env");
  const link = join(folder, "link.env");
  writeFileSync(file, "A=1");
  symlinkSync(file, link);
  const once = jsonOf(await coatcheck(["secret", "--rotate", link, "--name", "OTHER", "--json"]));
  assert.deepEqual(once, { file: link, variable: "OTHER", secrets: 1 });
  assert.match(readFileSync(file, "utf8"), /^A=1\nOTHER=[\w-]{43}\n$/);
  assert.equal(lstatSync(link).isSymbolicLink(), true);
});

test("--rotate refuses a file that is not there, and one that has the variable twice; the file stays as it is", async () => {
  const missing = await coatcheck(["secret", "--rotate", join(folder, "nowhere")]);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /ENOENT.*Make it first/);
  const file = join(folder, "twice.env");
  writeFileSync(file, "SESSION_SECRET=a\nSESSION_SECRET=b\n");
  const twice = await coatcheck(["secret", "--rotate", file]);
  assert.equal(twice.code, 1);
  assert.match(twice.stderr, /2 times/);
  assert.equal(readFileSync(file, "utf8"), "SESSION_SECRET=a\nSESSION_SECRET=b\n");
  mkdirSync(join(folder, "directory"));
  assert.equal((await coatcheck(["secret", "--rotate", join(folder, "directory")])).code, 1);
});

test("a secret goes first, however the line is written", () => {
  const cases = [
    ["SESSION_SECRET=old\n", "SESSION_SECRET=new,old\n"],
    ["SESSION_SECRET=b,a", "SESSION_SECRET=new,b,a"],
    ["  export SESSION_SECRET = 'old'  # x", "  export SESSION_SECRET = 'new,old'  # x"],
    ["SESSION_SECRET=old # x\n", "SESSION_SECRET=new,old # x\n"],
    ["SESSION_SECRET=\n", "SESSION_SECRET=new\n"],
    ['SESSION_SECRET=""', 'SESSION_SECRET="new"'],
    ["#SESSION_SECRET=old\n", "#SESSION_SECRET=old\nSESSION_SECRET=new\n"],
    ["MY_SESSION_SECRET=x\n", "MY_SESSION_SECRET=x\nSESSION_SECRET=new\n"],
    ["", "SESSION_SECRET=new\n"],
  ] as const;
  for (const [before, after] of cases) assert.equal(rotated(before, "SESSION_SECRET", "new").text, after, before);
});
