// Holds the drawing of docs/architecture.md to the rules of .dependency-cruiser.mjs.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";

interface Rule {
  readonly name: string;
  readonly from: { readonly path?: string };
  readonly to: { readonly pathNot?: readonly string[] };
}

const ROOT: URL = new URL("../../", import.meta.url);
const { default: rules } = (await import(new URL(".dependency-cruiser.mjs", ROOT).href)) as {
  default: { forbidden: readonly Rule[] };
};
const files = globSync("src/**/*.ts", { cwd: ROOT }).filter((file) => !/\.test\.ts$|\.d\.ts$/.test(file));

/** The room of a file: its folder under src/, or the file itself. */
const roomOf = (file: string): string => file.split("/")[1]?.replace(/\.ts$/, "") ?? "";

/** The arrows that the rules allow between rooms. */
function allowedArrows(): Set<string> {
  const arrows = new Set<string>();
  for (const { name, from, to } of rules.forbidden) {
    if (!name.endsWith("imports inward")) continue;
    const may = (to.pathNot ?? []).map((path) => new RegExp(path));
    const rooms = new Set(files.filter((file) => new RegExp(from.path ?? "").test(file)).map(roomOf));
    for (const file of files.filter((target) => may.some((path) => path.test(target)))) {
      for (const room of rooms) if (room !== roomOf(file)) arrows.add(`${room} --> ${roomOf(file)}`);
    }
  }
  return arrows;
}

test("the drawing shows each arrow that an import may take, and no other", () => {
  const page = readFileSync(new URL("docs/architecture.md", ROOT), "utf8");
  const [, drawing = ""] = /```mermaid\n(.*?)```/s.exec(page) ?? [];
  const drawn = new Set(
    [...drawing.matchAll(/^\s*([\w-]+) --> ([\w-]+)/gm)].map(([, from, to]) => `${from} --> ${to}`),
  );
  assert.deepEqual([...drawn].sort(), [...allowedArrows()].sort());
});
