// Unknown options are refused at start: a misspelt one would otherwise be a default in silence.
import { SessionOptionError } from "../errors.ts";

/** Names that other libraries have, and what to say instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  maxAge: "How long a session lasts is idleTimeout; whether its cookie outlives the browser is permanent.",
  expires: "How long a session lasts is idleTimeout; whether its cookie outlives the browser is permanent.",
  password: "The secret is called secret.",
  resave: "Leave it out: only what changed is ever stored.",
  saveUninitialized: "Leave it out: an empty session is never stored.",
  rolling: "Leave it out: activity always extends a session, up to absoluteTimeout.",
  name: "The cookie's name is cookie.name.",
  as: "Give it beside the options of the session: session({ secret, … }, { as: name }).",
  ttl: "How long a session lasts is idleTimeout.",
};

/** How many slips of the hand a name may be away from the one that was meant. */
const MAX_SLIPS = 2;

/**
 * @param prefix What stands before a name in the error: `"cookie."`, or nothing.
 * @throws SessionOptionError for the first option that is not among the names, and for options that are no object.
 */
export function checkOptionNames(prefix: string, options: object, names: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new SessionOptionError(prefix.slice(0, -1) || "options", "must be an object", namesOf(names));
  }
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    throw new SessionOptionError(prefix + name, "is unknown", remedyFor(name, names));
  }
}

/** What to do about an unknown name: the one that was meant, or all that there are. */
function remedyFor(name: string, names: readonly string[]): string {
  const near = nearestName(name, names);
  if (near !== undefined) return `Did you mean "${near}"? ${namesOf(names)}`;
  return (Object.hasOwn(ELSEWHERE, name) ? ELSEWHERE[name] : undefined) ?? namesOf(names);
}

function namesOf(names: readonly string[]): string {
  return names.length === 0 ? "There are no options." : `The options are ${names.join(", ")}.`;
}

/** The name that was probably meant; `undefined` where none is near. Case does not count. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const allowed = Math.min(MAX_SLIPS, Math.floor(name.length / 2));
  const near = names
    .map((candidate) => ({ candidate, slips: slipsBetween(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ slips }) => slips <= allowed);
  return near.sort((a, b) => a.slips - b.slips)[0]?.candidate;
}

/**
 * How many letters were left out, added, replaced or swapped with their neighbour between two texts (optimal string
 * alignment). A text of very different length is not looked at in full: an option's name may be anything.
 */
function slipsBetween(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > MAX_SLIPS) return Number.POSITIVE_INFINITY;
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = at(last, column - 1) + Number(from[row - 1] !== to[column - 1]);
      const isSwap = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swapped = isSwap ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min(at(last, column) + 1, at(current, column - 1) + 1, replaced, swapped));
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, to.length);
}

function at(slips: readonly number[], column: number): number {
  return slips[column] ?? Number.POSITIVE_INFINITY;
}
