// What the project has promised of its speed, and what a run falls short of.
import type { HttpResult, PathName } from "./http.ts";
import type { CaseName, InProcessResult } from "./in-process.ts";

/** The share of the framework's throughput that is kept at least, with the memory store. */
export const KEPT_AT_LEAST: Readonly<Record<PathName, number>> = {
  read: 0.8,
  anonymous: 0.88,
  forged: 0.68,
  write: 0.6,
};

/** The cost of one request in process, in HMACs, at most. */
export const HMACS_AT_MOST: Readonly<Partial<Record<CaseName, number>>> = { "first sight": 5, forged: 3 };

const HELD_TO_THE_BAR: readonly string[] = ["coatcheck-hono-memory", "coatcheck-node-memory"];

/** A line for everything that misses the bar. */
export function missesOf(http: readonly HttpResult[], inProcess: readonly InProcessResult[]): string[] {
  const misses: string[] = [];
  for (const { server, path, kept } of http) {
    if (!HELD_TO_THE_BAR.includes(server) || !kept || kept.byCpu >= KEPT_AT_LEAST[path]) continue;
    misses.push(`${server} keeps ${kept.byCpu.toFixed(3)} on the path ${path}; the bar is ${KEPT_AT_LEAST[path]}.`);
  }
  for (const { name, hmacs } of inProcess) {
    const bar = HMACS_AT_MOST[name] ?? Number.POSITIVE_INFINITY;
    if (hmacs > bar) misses.push(`In process, ${name} costs ${hmacs.toFixed(2)} HMACs; the bar is ${bar}.`);
  }
  return misses;
}
