// Kills processes that write to the embedded store, at random moments, some hundred times in both durabilities. The test of
// test/faults/sqlite-kill.test.ts does one round of it at each `npm test`; this repeats it with other moments.
//   npm run node -- scripts/kill-sqlite.ts [--kills 200]
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";

const KILLS_A_RUN = 28;
const { values } = parseArgs({ options: { kills: { type: "string", default: "200" } } });
const file = join(import.meta.dirname, "../test/faults/sqlite-kill.test.ts");

for (let killed = 0; killed < Number(values.kills); killed += 2 * KILLS_A_RUN) {
  const args = ["--conditions=coatcheck-source", "--test", "--test-reporter=spec", file];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  console.log(status === 0 ? stdout.match(/^.*kills;.*$/gm)?.join("\n") : stdout);
  if (status !== 0) process.exit(1);
}
