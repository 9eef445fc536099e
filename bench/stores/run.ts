// npm run bench -- stores, and npm run bench -- races.
import { parseArgs } from "node:util";
import { type Extent, measureHttp } from "../http.ts";
import { requireLoadGenerator } from "../processes.ts";
import { wholeNumber } from "../whole-number.ts";
import { DEFAULT_ROUNDS, DEFAULT_SECONDS, STORES_USAGE, type StoreCommand } from "./commands.ts";
import { measureMemory } from "./memory.ts";
import { memoryText, putIntoPage, racesText, STORE_PATHS, throughputText } from "./page.ts";
import { measureRaces } from "./races.ts";
import { STORE_SERVERS, startStoreServer, withDatabases } from "./servers.ts";

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
  const throughput = await withDatabases((databases) =>
    measureHttp(
      { ...extent, paths: STORE_PATHS, servers: STORE_SERVERS },
      (server) => startStoreServer(server.name, databases),
      progress,
    ),
  );
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
