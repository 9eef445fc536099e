// `npm run test:examples`: every example with a package.json of its own, as a user would try it: installed with the packed
// library in a temporary folder, built, started, and used over HTTP. It needs the npm registry.
// `npm run test:examples -- login-next ws` tries some. COATCHECK_TARBALL names a packed library to take instead.
import { existsSync, globSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { tryExample } from "../test/examples/example.ts";
import { killAll } from "../test/examples/processes.ts";
import { closeWorkshop, pack } from "../test/package/temporary-project.ts";

/** How many are tried at once. Installing and building are work for a whole core. */
const AT_ONCE = 2;
/** How much of a failing example's output is shown, in lines. */
const LAST_LINES = 40;

interface Result {
  readonly name: string;
  readonly isWell: boolean;
  readonly seconds: number;
  /** The last step that was done, or why the next one failed. */
  readonly note: string;
}

const started = performance.now();
const names = chosen(process.argv.slice(2));
const workplace = mkdtempSync(path.join(tmpdir(), "coatcheck-examples-"));
process.on("exit", tidy);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

const tarball = path.resolve(process.env["COATCHECK_TARBALL"] || pack().tarball);
say("coatcheck", `packed as ${path.basename(tarball)}`);
const results = await tryAll([...names]);
printTable(results);
process.exitCode = results.every(({ isWell }) => isWell) ? 0 : 1;

function chosen(wanted: readonly string[]): string[] {
  const all = globSync("examples/*/package.json").map((file) => path.basename(path.dirname(file)));
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    console.error(`There is no example named ${unknown.join(" or ")}. There are ${all.sort().join(", ")}.`);
    process.exit(1);
  }
  return (wanted.length > 0 ? [...wanted] : all).sort();
}

async function tryAll(queue: string[]): Promise<Result[]> {
  const done: Result[] = [];
  const work = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) done.push(await tryOne(name));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return done.sort((a, b) => a.name.localeCompare(b.name));
}

async function tryOne(name: string): Promise<Result> {
  const begun = performance.now();
  const folder = path.join(workplace, name);
  mkdirSync(folder);
  let note = "";
  const report = (step: string): void => {
    note = step;
    say(name, step);
  };
  let isWell = true;
  try {
    await tryExample({ source: path.resolve("examples", name), workplace: folder, tarball, report });
  } catch (error) {
    isWell = false;
    const text = error instanceof Error ? error.message : String(error);
    [note = ""] = text.split("\n");
    say(name, `FAILED\n${text.split("\n").slice(-LAST_LINES).join("\n")}`);
    if (!text.split("\n").slice(-LAST_LINES).includes(note)) console.log(note);
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  return { name, isWell, seconds: (performance.now() - begun) / 1000, note };
}

function say(name: string, text: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
  console.log(`${seconds} s  ${name.padEnd(22)} ${text}`);
}

function printTable(rows: readonly Result[]): void {
  console.log("\n| example | result | seconds | |\n| --- | --- | --- | --- |");
  for (const { name, isWell, seconds, note } of rows) {
    console.log(`| ${name} | ${isWell ? "ok" : "FAILED"} | ${seconds.toFixed(1)} | ${note.slice(0, 120)} |`);
  }
  const failed = rows.filter(({ isWell }) => !isWell).length;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(failed === 0 ? `\nAll well in ${seconds} s` : `\n${failed} failed in ${seconds} s`);
}

function tidy(): void {
  killAll();
  if (existsSync(workplace)) rmSync(workplace, { recursive: true, force: true, maxRetries: 3 });
  closeWorkshop();
}
