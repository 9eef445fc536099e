// npm run bench -- stores, and npm run bench -- races.
import { parseArgs } from "node:util";
import { requireLoadGenerator } from "../processes.ts";
import { DEFAULT_ROUNDS, DEFAULT_SECONDS, STORES_USAGE, type StoreCommand } from "./commands.ts";
import { measureMemory } from "./memory.ts";
import { memoryText, putIntoPage, racesText, throughputText } from "./page.ts";
import { measureRaces } from "./races.ts";
import { withDatabases } from "./servers.ts";
import { type Extent, measureThroughput } from "./throughput.ts";

/** @throws Error that names the option, when one is unknown or wrong. */
export async function runStoreBench(
  command: StoreCommand,
  args: string[],
  progress: (line: string) => void,
): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { rounds: { type: "string" }, seconds: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help) {
    console.log(STORES_USAGE);
    return;
  }
  if (command === "races") await races(progress);
  else {
    await stores(
      {
        rounds: wholeNumber("rounds", values.rounds, DEFAULT_ROUNDS),
        seconds: wholeNumber("seconds", values.seconds, DEFAULT_SECONDS),
      },
      progress,
    );
  }
}

async function stores(extent: Extent, progress: (line: string) => void): Promise<void> {
  requireLoadGenerator();
  const throughput = await withDatabases((databases) => measureThroughput(extent, databases, progress));
  const first = throughputText(throughput, extent);
  const second = memoryText(await measureMemory(progress));
  console.log(`${first}\n\n${second}`);
  if (extent.rounds < DEFAULT_ROUNDS) return;
  putIntoPage("throughput", first);
  putIntoPage("memory", second);
  progress("Wrote docs/benchmarks-stores.md.");
}

async function races(progress: (line: string) => void): Promise<void> {
  const text = racesText(await withDatabases((databases) => measureRaces(databases, progress)));
  console.log(text);
  putIntoPage("races", text);
  progress("Wrote docs/benchmarks-stores.md.");
}

function wholeNumber(option: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${option} is ${text}. Give a whole number above zero.`);
}
