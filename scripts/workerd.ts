// Runs test/runtimes/worker.ts inside workerd, the runtime of Cloudflare Workers, in one bundle as wrangler makes it.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";

/** With it, workerd has Node's own modules: node:fs since 2025-09-15. */
const COMPATIBILITY_DATE = "2025-10-01";

const WORKER = "test/runtimes/worker.ts";

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  compatibilityFlags = ["nodejs_compat"],
))]);
`;

/**
 * @param folder Where workerd and esbuild are installed.
 * @returns What went wrong; `undefined` where nothing did.
 */
export function runWorker(folder: string): string | undefined {
  const program = (name: string): string => path.join(folder, "node_modules/.bin", name);
  const bundle = ["--bundle", "--format=esm", "--platform=node", "--conditions=coatcheck-source,workerd"];
  writeFileSync(path.join(folder, "config.capnp"), CONFIG);
  return (
    failureOf(program("esbuild"), [...bundle, WORKER, `--outfile=${path.join(folder, "worker.js")}`]) ??
    failureOf(program("workerd"), ["test", path.join(folder, "config.capnp")])
  );
}

function failureOf(program: string, args: readonly string[]): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  return status === 0 ? undefined : `${error?.message ?? ""}${stdout}\n${stderr}`;
}
