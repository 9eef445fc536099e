// Which tests show which row, as the sources say it: a test shows the rows whose ids its name has, at its beginning at
// least. It runs no test.
import { globSync, readFileSync } from "node:fs";
import path from "node:path";

/** A test that names a row. */
export interface NamedTest {
  /** `src/core/request/session-id.test.ts` */
  readonly file: string;
  /** As the source spells it; what is only known when it runs is `…`. */
  readonly name: string;
}

/** A text that begins with an id: the name of a test, or the beginning of one in a table of cases. */
const NAME = /(?<=[([,\s])(["'`])(S\d{1,2} (?:(?!\1)[^\\\n]|\\.)*)\1/g;
const ID = /\bS\d{1,2}\b/g;
const UNKNOWN = "…";

/** All tests that name rows, by file and then in their order. */
export function findNamedTests(): NamedTest[] {
  const files = globSync("{src,test}/**/*.test.ts").map((file) => file.split(path.sep).join("/"));
  return files.sort().flatMap((file) => namesIn(readFileSync(file, "utf8")).map((name) => ({ file, name })));
}

/** @param source The text of a test file. */
export function namesIn(source: string): string[] {
  const names = [...source.matchAll(NAME)].map(([, , name = ""]) => withoutUnknowns(name));
  return [...new Set(names)];
}

/** The ids that a name has: `["S2", "S3"]`. */
export function idsIn(name: string): string[] {
  return /^S\d{1,2} /.test(name) ? [...new Set(name.match(ID))] : [];
}

/** Whether a test that ran is the one that a source names, or one of several that it stands for. */
export function isNamedBy(ran: string, { name }: NamedTest): boolean {
  const parts = name.split(UNKNOWN).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}`, "s").test(ran);
}

function withoutUnknowns(name: string): string {
  return name.replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, UNKNOWN).replaceAll(/\\(["'`$])/g, "$1");
}
