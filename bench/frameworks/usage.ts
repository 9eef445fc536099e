// The command line of this comparison.

export const DEFAULT_ROUNDS = 5;
export const DEFAULT_SECONDS = 2;

export const FRAMEWORKS_USAGE: string = `npm run bench -- frameworks [--rounds N] [--seconds N] [--check]
  Express, Fastify, Koa and Hono: bare, with the usual session package, and with coatcheck
  --rounds N         default ${DEFAULT_ROUNDS}; with fewer, docs/benchmarks-frameworks.md keeps its numbers
  --seconds N        whole seconds for one path of one server in a round; default ${DEFAULT_SECONDS}
  --check            exit 1 when coatcheck adds more than half of what the usual package adds, or
                     anything that can be told from nothing where that adds nothing`;
