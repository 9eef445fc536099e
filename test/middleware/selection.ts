// Which cases are run: a fixed selection by `npm test`, all by `npm run test:middleware`.
import { type Framework, frameworks, type Position } from "./frameworks.ts";
import { type MiddlewareCase, middlewares } from "./middlewares.ts";
import type { Group } from "./run.ts";
import { storeModes } from "./stores.ts";

/** On these, every middleware is run; on the others, those that change a response the most. */
const THOROUGH = new Set(["Express 5", "node"]);
const HARDEST = new Set(["none", "compression 1.7", "compression 1.8", "express-session", "all of a usual app"]);

/** Every case of every framework. */
export function allGroups(): Group[] {
  return frameworks.flatMap((framework) =>
    pairsOf(framework).flatMap((pair) => storeModes.map(({ name }) => ({ ...pair, store: name }))),
  );
}

/** Groups whose app without sessions is compared with itself. */
export function referenceGroups(): Group[] {
  return frameworks
    .flatMap((framework) => pairsOf(framework))
    .filter(({ position }) => position === "below")
    .map((pair) => ({ ...pair, store: "untouched" }));
}

/** How many cases of each app `npm test` runs. */
const PICKED = 8;

/**
 * Some hundreds of cases: all handlers of Express on the usual late store, and of each other app a few, in turn, so that
 * each middleware, store and handler has its part.
 */
export function fixedGroups(): Group[] {
  const groups: Group[] = [];
  for (const framework of frameworks) {
    for (const pair of pairsOf(framework)) {
      const { name = "" } = storeModes[groups.length % storeModes.length] ?? {};
      groups.push({ ...pair, store: name, cases: pick(pair.cases, groups.length) });
    }
  }
  const express = pairsOf(frameworks[0] as Framework);
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

type Pair = Omit<Group, "store">;

function pairsOf(framework: Framework): Pair[] {
  const isWanted = (middleware: MiddlewareCase): boolean =>
    framework.takes(middleware) && (THOROUGH.has(framework.name) || HARDEST.has(middleware.name));
  const cases = framework.cases.map(({ name }) => name);
  return middlewares.filter(isWanted).flatMap(({ name, breaks = [] }) =>
    positionsOf(name).map((position) => ({
      framework: framework.name,
      middleware: name,
      position,
      cases: cases.filter((each) => !breaks.includes(each)),
    })),
  );
}

function positionsOf(middleware: string): Position[] {
  return middleware === "none" ? ["below"] : ["above", "below"];
}
