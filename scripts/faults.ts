// `npm run test:faults`: the fault tests in full, one after another, whose numbers become the tables of
// docs/reliability.md. `npm run test:faults -- redis-kill sentinel` runs some of them and writes nothing.
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { findProgram } from "./requirements.mjs";

const PAGE = "docs/reliability.md";
/** The longest that one test may take, in ms. */
const TEST_LIMIT = 600_000;

type Row = Readonly<Record<string, string | number>>;

const parts = process.argv.slice(2);
const folder = mkdtempSync(path.join(tmpdir(), "coatcheck-faults-"));
const results = path.join(folder, "rows");
writeFileSync(results, "");
const isWell = runTests();
const tables = tablesIn(readFileSync(results, "utf8"));
rmSync(folder, { recursive: true });

if (!isWell) {
  console.log(`Not all is well, so ${PAGE} stays as it is.`);
  process.exitCode = 1;
} else if (parts.length === 0) {
  writePage();
  console.log(`The tables of ${PAGE} are written.`);
}

function runTests(): boolean {
  const all = globSync("test/faults/*.{test,faults}.ts").sort();
  const files = parts.length === 0 ? all : all.filter((file) => parts.some((part) => file.includes(part)));
  const args = ["--test", "--test-reporter=spec", `--test-timeout=${TEST_LIMIT}`, "--test-concurrency=1", ...files];
  const env = {
    ...process.env,
    COATCHECK_FAULTS: "full",
    COATCHECK_FAULTS_REPORT: results,
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --conditions=coatcheck-source`.trim(),
  };
  return files.length > 0 && spawnSync(process.execPath, args, { stdio: "inherit", env }).status === 0;
}

function tablesIn(lines: string): ReadonlyMap<string, Row[]> {
  const found = new Map<string, Row[]>();
  for (const line of lines.split("\n").filter(Boolean)) {
    const { table, row } = JSON.parse(line) as { table: string; row: Row };
    found.set(table, [...(found.get(table) ?? []), row]);
  }
  return found;
}

function writePage(): void {
  let page = readFileSync(PAGE, "utf8");
  for (const [name, rows] of tables) page = replaceBetweenMarkers(page, name, markdownOf(rows));
  writeFileSync(PAGE, replaceBetweenMarkers(page, "ground", ground()));
}

/** @throws Error when the page has no place for it: a number that nobody reads is measured for nothing. */
function replaceBetweenMarkers(page: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name}: by npm run test:faults -->\n`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no markers for the table ${name}`);
  return page.slice(0, from + start.length) + text + page.slice(to);
}

function markdownOf(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = [names, names.map(() => "---"), ...rows.map((row) => names.map((name) => text(row[name])))];
  return lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

function text(value: string | number | undefined): string {
  return typeof value === "number" ? value.toLocaleString("en-US", { maximumFractionDigits: 1 }) : (value ?? "");
}

function ground(): string {
  const date = new Date().toISOString().slice(0, 10);
  const [redis, postgres] = [versionOf("Redis"), versionOf("PostgreSQL")];
  return `Measured on ${date} with ${redis}, ${postgres} and Node ${process.versions.node}, all on one machine of ${availableParallelism()} cores.\n`;
}

function versionOf(name: "Redis" | "PostgreSQL"): string {
  const { stdout } = spawnSync(findProgram(name) ?? "", ["--version"], { encoding: "utf8" });
  return `${name} ${/\d+(\.\d+)+/.exec(stdout)?.[0] ?? "of an unknown version"}`;
}
