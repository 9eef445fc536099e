// What a page of everyone's sessions costs among 1,000,000, on each store that keeps them outside of the process: the
// first page, one in the middle, the sessions of an owner, those with a prefix of their key, and the count; and beside
// them the bare commands or reads that the store has to make, so that what it adds is seen.
//   npm run node -- bench/browse.ts                                   all three, on private servers
//   npm run node -- bench/browse.ts --store redis --sessions 100000   one of them, with fewer sessions
import { parseArgs } from "node:util";
import { report } from "./browse/measure.ts";
import { browsePostgres } from "./browse/postgres.ts";
import { browseRedis } from "./browse/redis.ts";
import { browseSqlite } from "./browse/sqlite.ts";

const { values } = parseArgs({
  options: { store: { type: "string" }, sessions: { type: "string", default: "1000000" } },
});
const stores = { sqlite: browseSqlite, redis: browseRedis, postgres: browsePostgres };

for (const [name, measure] of Object.entries(stores)) {
  if (values.store === undefined || values.store === name) report(name, await measure(Number(values.sessions)));
}
