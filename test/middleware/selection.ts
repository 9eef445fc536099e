// Which cases are run: some hundreds by `npm test`, and a covering selection by `npm run test:middleware`.
import type { Framework, Position } from "./framework.ts";
import { frameworks, unbuiltFrameworks } from "./frameworks.ts";
import type { Group } from "./run.ts";
import { storeModes } from "./stores.ts";

/** On these, the middlewares that change a response the most are tried with every store. */
const THOROUGH = new Set(["Express 5", "node"]);

/** With how many stores each handler is run, for each middleware above or below. */
const STORES = 3;
/** How far apart these are in the list, so that the two positions of a middleware meet different ones. */
const STRIDE = 3;

/**
 * The covering selection. On every framework, each handler is run without other middleware and with every store; and below
 * and above each middleware with three of the stores. These rotate, so that each store meets each handler, and each
 * middleware in either position. The full product would be three times as large.
 */
export function coveringGroups(chosen: readonly Framework[] = frameworks): Group[] {
  return chosen.flatMap((framework) =>
    pairsOf(framework)
      .flatMap((pair, index) => groupsOf(framework, pair, index))
      .filter(({ cases }) => cases.length > 0),
  );
}

function groupsOf(framework: Framework, { isHard, ...pair }: Pair, index: number): Group[] {
  const isFull = pair.middleware === "none" || (isHard && THOROUGH.has(framework.name));
  return storeModes.map(({ name }, store) => {
    const isRun = (handler: number): boolean => isFull || isInRotation(handler + index, store);
    return { ...pair, store: name, cases: pair.cases.filter((_name, handler) => isRun(handler)) };
  });
}

function isInRotation(first: number, store: number): boolean {
  const { length } = storeModes;
  return Array.from({ length: STORES }, (_, round) => (first + STRIDE * round) % length).includes(store);
}

/** Apps with an answer of 100 MB; each takes seconds. */
export function heavyGroups(chosen: readonly Framework[] = frameworks): Group[] {
  return chosen.flatMap(({ name, cases, middlewares }) => {
    const heavy = cases.filter(({ isHeavy = false }) => isHeavy).map((each) => each.name);
    if (heavy.length === 0) return [];
    return middlewares
      .filter(({ name: middleware }) => middleware === "none" || middleware === "compression 1.8")
      .map(({ name: middleware }) => ({ framework: name, middleware, position: "below", store: "5 ms", cases: heavy }));
  });
}

/** Groups whose app without sessions is compared with itself. */
export function referenceGroups(chosen: readonly Framework[] = frameworks): Group[] {
  return chosen
    .flatMap(pairsOf)
    .filter(({ position }) => position === "below")
    .map(({ isHard: _, ...pair }) => ({ ...pair, store: "untouched" }));
}

/** How many cases of each app `npm test` runs. */
const PICKED = 8;

/**
 * Some hundreds of cases: all handlers of Express on the usual late store, and of each other app a few, in turn, so that
 * each middleware, store and handler has its part.
 */
export function fixedGroups(): Group[] {
  const groups: Group[] = [];
  for (const framework of unbuiltFrameworks) {
    const isWanted = ({ middleware, isHard }: Pair): boolean =>
      THOROUGH.has(framework.name) || isHard || middleware === "none";
    for (const { isHard: _, ...pair } of pairsOf(framework).filter(isWanted)) {
      const { name = "" } = storeModes[groups.length % storeModes.length] ?? {};
      groups.push({ ...pair, store: name, cases: pick(pair.cases, groups.length) });
    }
  }
  const express = pairsOf(frameworks[0] as Framework).map(({ isHard: _, ...pair }) => pair);
  const bare = express.filter(({ middleware }) => middleware === "none");
  const compressed = express.filter(({ middleware }) => middleware.startsWith("compression"));
  groups.push(...bare.map((pair) => ({ ...pair, store: "5 ms" })));
  for (const [index, pair] of compressed.entries()) {
    groups.push({ ...pair, store: "fails at a create", cases: pick(pair.cases, index) });
    groups.push({ ...pair, store: "5 ms, a touch", cases: pick(pair.cases, index + 1) });
  }
  return groups;
}

function pick(cases: readonly string[], turn: number): string[] {
  const step = Math.ceil(cases.length / PICKED);
  return cases.filter((_name, index) => index % step === turn % step);
}

interface Pair extends Omit<Group, "store"> {
  readonly isHard: boolean;
}

function pairsOf(framework: Framework): Pair[] {
  const cases = framework.cases.filter(({ isHeavy = false }) => !isHeavy).map(({ name }) => name);
  return framework.middlewares.flatMap(({ name, isHard = false, breaks = [] }) =>
    positionsOf(name).map((position) => ({
      framework: framework.name,
      middleware: name,
      position,
      isHard,
      cases: cases.filter((each) => !breaks.includes(each)),
    })),
  );
}

function positionsOf(middleware: string): Position[] {
  return middleware === "none" ? ["below"] : ["above", "below"];
}
