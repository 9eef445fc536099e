// `coatcheck completion`: the scripts, loaded in a real bash, and made of all commands and options there are.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { coatcheck, emptyFolder } from "../../test/fixtures/cli/program.ts";

const folder = emptyFolder();
after(() => rmSync(folder, { recursive: true, force: true }));

const COMMANDS = [
  "secret",
  "list",
  "show",
  "revoke",
  "revoke-all",
  "sweep",
  "stats",
  "backup",
  "inspect",
  "migrate",
  "import",
  "doctor",
  "completion",
];

describe("bash", () => {
  const script = join(folder, "coatcheck.bash");

  function bash(code: string): string {
    const { stdout, stderr, status } = spawnSync("bash", ["--norc", "-c", `source '${script}'; ${code}`], {
      encoding: "utf8",
      cwd: folder,
    });
    assert.deepEqual([status, stderr], [0, ""]);
    return stdout.trim();
  }

  /** What is offered for the last of the words. */
  function offered(...words: string[]): string[] {
    const list = words.map((word) => `'${word}'`).join(" ");
    const code = `COMP_WORDS=(coatcheck ${list}); COMP_CWORD=${words.length}; _coatcheck; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return bash(code)
      .split("\n")
      .filter((line) => line !== "");
  }

  before(async () => {
    const { stdout, code } = await coatcheck(["completion", "bash"]);
    assert.equal(code, 0);
    writeFileSync(script, `${stdout}\n`);
  });

  test("is registered for coatcheck", () => {
    assert.equal(bash("complete -p coatcheck"), "complete -F _coatcheck coatcheck");
  });

  test("offers commands, options, choices and files, each where it belongs", () => {
    assert.deepEqual(offered(""), [...COMMANDS, "help", "--help", "--version"]);
    assert.deepEqual(offered("re"), ["revoke", "revoke-all"]);
    assert.deepEqual(offered("revoke-all", "ada", "--e"), ["--except"]);
    assert.deepEqual(offered("list", "--o"), ["--owner"]);
    assert.deepEqual(offered("list", "--owner", ""), []);
    assert.deepEqual(offered("import", "--from", ""), ["express-session", "flask-session"]);
    assert.deepEqual(offered("completion", ""), ["bash", "zsh", "fish", "--json", "--help", "-h"]);
    assert.deepEqual(offered("secret", "--rotate", "coat"), ["coatcheck.bash"]);
    assert.deepEqual(offered("help", "st"), ["stats"]);
    assert.deepEqual(offered("nonsense", ""), []);
  });
});

for (const shell of ["zsh", "fish"]) {
  test(`the script for ${shell} has every command, and is well-formed where that shell is installed`, async () => {
    const { stdout, code } = await coatcheck(["completion", shell]);
    assert.equal(code, 0);
    for (const command of COMMANDS) assert.match(stdout, new RegExp(`\\b${command}\\b`));
    const file = join(folder, `coatcheck.${shell}`);
    writeFileSync(file, stdout);
    const { error, status, stderr } = spawnSync(shell, ["-n", file], { encoding: "utf8" });
    if (error === undefined) assert.deepEqual([status, stderr], [0, ""]);
  });
}

test("another shell is a usage error that names those there are", async () => {
  const { code, stderr } = await coatcheck(["completion", "tcsh"]);
  assert.equal(code, 2);
  assert.match(stderr, /bash, zsh, fish/);
});
