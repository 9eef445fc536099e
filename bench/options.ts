// The command line of the benchmark.
import { parseArgs } from "node:util";
import { type HttpOptions, PATHS } from "./http.ts";
import { chooseServers, SERVERS } from "./servers.ts";
import { wholeNumber } from "./whole-number.ts";

export interface BenchOptions extends HttpOptions {
  /** Over HTTP too, or in process alone. */
  readonly http: boolean;
  readonly inProcess: boolean;
  readonly json: boolean;
  readonly check: boolean;
  /** Everything is measured as the docs say, so that they may be written. */
  readonly isWhole: boolean;
}

const DEFAULT_ROUNDS = 5;
const DEFAULT_SECONDS = 2;

export const USAGE: string = `npm run bench -- [options]
  --rounds N         rounds of the measurement over HTTP; default ${DEFAULT_ROUNDS}
  --seconds N        whole seconds for one path of one server in a round; default ${DEFAULT_SECONDS}
  --only A,B         these paths only: ${PATHS.join(", ")}
  --servers A,B      these servers only, with those that they are compared with:
                     ${SERVERS.map(({ name }) => name).join(", ")}
  --in-process       in process only
  --check            compare with what the project promises; exit 1 when something falls short
  --json             the results as JSON on standard output
  --help             this text
docs/benchmarks.md and docs/benchmarks.svg are written when all servers, all paths and at least ${DEFAULT_ROUNDS} rounds are measured.`;

/** @throws Error that names the option, when one is unknown or wrong. `undefined` when help was asked for. */
export function readOptions(args: string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: "string" },
      seconds: { type: "string" },
      only: { type: "string" },
      servers: { type: "string" },
      "in-process": { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const rounds = wholeNumber("rounds", values.rounds, DEFAULT_ROUNDS);
  const isPart = values.only !== undefined || values.servers !== undefined;
  return {
    rounds,
    seconds: wholeNumber("seconds", values.seconds, DEFAULT_SECONDS),
    paths: names("only", values.only, PATHS) ?? PATHS,
    servers: chooseServers(
      names(
        "servers",
        values.servers,
        SERVERS.map(({ name }) => name),
      ),
    ),
    http: !values["in-process"],
    inProcess: values["in-process"] || !isPart,
    check: values.check,
    json: values.json,
    isWhole: !values["in-process"] && !isPart && rounds >= DEFAULT_ROUNDS,
  };
}

function names<Name extends string>(
  option: string,
  text: string | undefined,
  known: readonly Name[],
): Name[] | undefined {
  if (text === undefined) return undefined;
  const given = text.split(",");
  const unknown = given.find((name) => !known.some((one) => one === name));
  if (unknown !== undefined) throw new Error(`--${option} has ${unknown}. There are: ${known.join(", ")}.`);
  return known.filter((name) => given.includes(name));
}
