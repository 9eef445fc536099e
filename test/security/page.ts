// The table of docs/security.md: each row with the tests that show it. It reads and writes the page, and runs no test.
import { readFileSync, writeFileSync } from "node:fs";
import { posix } from "node:path";
import { findNamedTests, idsIn, type NamedTest } from "./named-tests.ts";
import { type Row, rows } from "./rows.ts";

export const PAGE = "docs/security.md";
const [START, END] = ["<!-- rows: by npm run test:security -- --write -->\n", "<!-- end of rows -->"];

export type State = "pass" | "FAIL" | "no test";

/** The tests that show each row, by its id. */
export function testsOfRows(named: readonly NamedTest[] = findNamedTests()): ReadonlyMap<string, NamedTest[]> {
  return new Map(rows.map(({ id }) => [id, named.filter(({ name }) => idsIn(name).includes(id))]));
}

export function writePage(stateOf: (id: string) => State): void {
  const { before, after } = splitPage();
  writeFileSync(PAGE, before + tableOf(stateOf) + after);
}

/** The table as it stands in the page. */
export function tableInPage(): string {
  return splitPage().table;
}

/** The table as it has to be. */
export function tableOf(stateOf: (id: string) => State): string {
  const tests = testsOfRows();
  const lines = rows.map((row) => lineOf(row, tests.get(row.id) ?? [], stateOf(row.id)));
  return ["| id | requirement | source | shown by | state |", "|---|---|---|---|---|", ...lines, ""].join("\n");
}

function lineOf({ id, requirement, source, kind }: Row, tests: readonly NamedTest[], state: State): string {
  const files = Map.groupBy(tests, ({ file }) => file);
  const shown = [...files].map(([file, named]) => {
    const names = named.map(({ name }) => cellOf(name.replace(/^(S\d+ )+/, "")));
    return `[${posix.basename(file)}](../${file}): ${names.join("; ")}`;
  });
  const duty = kind === "app" ? " (the application's: [how](#what-the-application-has-to-do))" : "";
  return `| ${id} | ${cellOf(requirement)}${duty} | ${source} | ${shown.join("<br>")} | ${state} |`;
}

function cellOf(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

/** @throws Error when the page has no place for the table. */
function splitPage(): { before: string; table: string; after: string } {
  const page = readFileSync(PAGE, "utf8");
  const [from, to] = [page.indexOf(START), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no markers for the table of rows`);
  const start = from + START.length;
  return { before: page.slice(0, start), table: page.slice(start, to), after: page.slice(to) };
}
