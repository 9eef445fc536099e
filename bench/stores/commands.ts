// The command lines of this comparison.

export const STORE_COMMANDS = ["stores", "races"] as const;
export type StoreCommand = (typeof STORE_COMMANDS)[number];

export const DEFAULT_ROUNDS = 5;
export const DEFAULT_SECONDS = 2;

export const STORES_USAGE: string = `npm run bench -- stores [--rounds N] [--seconds N]
  coatcheck and its peers on the same Redis and PostgreSQL: reads, writes, and memory in Redis
  --rounds N         default ${DEFAULT_ROUNDS}; with fewer, docs/benchmarks-stores.md keeps its numbers
  --seconds N        whole seconds for one path of one server in a round; default ${DEFAULT_SECONDS}
npm run bench -- races
  overlapping requests of one visitor: what is lost, and what comes back after a logout; into docs/benchmarks-stores.md
Both start the servers that they need and end them: redis-server, PostgreSQL; stores also needs wrk.`;
