// Finds the rule for a method and a path, in werkzeug's order: part by part, a fixed part before a variable one, and the
// variable ones by weight. The machine is werkzeug's (werkzeug/routing/matcher.py), so that both lead to the same view.
import type { RulePart } from "./rule.ts";

/** What the machine needs to know of a route. */
interface MatchedRoute {
  readonly methods: ReadonlySet<string>;
  readonly parsed: { readonly parts: readonly RulePart[] };
}

/** A place between two slashes that rules lead to. */
interface State<Route> {
  readonly fixed: Map<string, State<Route>>;
  readonly variable: { readonly part: RulePart; readonly pattern: RegExp; readonly state: State<Route> }[];
  readonly routes: Route[];
}

/** What a path needs to lead to a rule. */
export interface PathChange {
  readonly mergeSlashes: boolean;
  readonly addSlash: boolean;
}

/** What a path leads to. `methods`: those that rules of this path have, where none has the method that was asked for. */
export type Found<Route> =
  | { readonly route: Route; readonly texts: readonly string[] }
  | { readonly redirect: PathChange }
  | { readonly methods: ReadonlySet<string> };

const createState = <Route>(): State<Route> => ({ fixed: new Map(), variable: [], routes: [] });

export class RouteMatcher<Route extends MatchedRoute> {
  readonly #root: State<Route> = createState();

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#add(route);
    sortByWeight(this.#root);
  }

  #add(route: Route): void {
    let state = this.#root;
    for (const part of route.parsed.parts) state = nextState(state, part);
    state.routes.push(route);
  }

  find(method: string, path: string): Found<Route> {
    const methods = new Set<string>();
    const direct = this.#walk(method, path, methods);
    if (direct) return direct === "slash" ? { redirect: { mergeSlashes: false, addSlash: true } } : direct;
    const merged = this.#walk(method, path.replace(/\/{2,}/g, "/"), methods);
    return merged ? { redirect: { mergeSlashes: true, addSlash: merged === "slash" } } : { methods };
  }

  #walk(method: string, path: string, methods: Set<string>): Match<Route> {
    return new Walk<Route>(method, methods).from(this.#root, path.split("/"), []);
  }
}

/** `slash`: there is a rule if the path had one more slash. */
type Match<Route> = { readonly route: Route; readonly texts: readonly string[] } | "slash" | undefined;

class Walk<Route extends MatchedRoute> {
  readonly #method: string;
  /** Those of rules that match the path and not the method. */
  readonly #methods: Set<string>;

  constructor(method: string, methods: Set<string>) {
    this.#method = method;
    this.#methods = methods;
  }

  from(state: State<Route>, parts: readonly string[], texts: readonly string[]): Match<Route> {
    const [part, ...rest] = parts;
    if (part === undefined) return this.#arrive(state, texts);
    const fixed = state.fixed.get(part);
    return (fixed && this.from(fixed, rest, texts)) ?? this.#fromVariable(state, parts, texts);
  }

  #fromVariable({ variable }: State<Route>, parts: readonly string[], texts: readonly string[]): Match<Route> {
    for (const { part, pattern, state } of variable) {
      const found = pattern.exec(part.isFinal ? parts.join("/") : (parts[0] ?? ""));
      if (!found) continue;
      const values = found.slice(1, 1 + part.variables);
      // A path of any length that ends with a slash: whether the slash is there, the next state tells.
      const isSlash = part.endsWithSlash && found.at(-1) === "/";
      const match = this.from(state, part.isFinal ? (isSlash ? [""] : []) : parts.slice(1), [...texts, ...values]);
      if (match) return match;
    }
    return undefined;
  }

  #arrive({ routes, fixed }: State<Route>, texts: readonly string[]): Match<Route> {
    const route = routes.find(({ methods }) => methods.has(this.#method));
    if (route) return { route, texts };
    for (const { methods } of routes) for (const name of methods) this.#methods.add(name);
    return fixed.get("")?.routes.some(({ methods }) => methods.has(this.#method)) ? "slash" : undefined;
  }
}

function nextState<Route>({ fixed, variable }: State<Route>, part: RulePart): State<Route> {
  if (part.text !== undefined) {
    const state = fixed.get(part.text) ?? createState<Route>();
    fixed.set(part.text, state);
    return state;
  }
  const known = variable.find((other) => isSamePart(other.part, part));
  if (known) return known.state;
  const state = createState<Route>();
  variable.push({ part, pattern: new RegExp(`^(?:${part.pattern})$`), state });
  return state;
}

function isSamePart(a: RulePart, b: RulePart): boolean {
  return a.pattern === b.pattern && a.isFinal === b.isFinal && compareWeights(a.weight, b.weight) === 0;
}

function sortByWeight<Route>({ fixed, variable }: State<Route>): void {
  variable.sort((a, b) => compareWeights(a.part.weight, b.part.weight));
  for (const state of fixed.values()) sortByWeight(state);
  for (const { state } of variable) sortByWeight(state);
}

/** Number by number; the shorter list is first where all else is equal. */
function compareWeights(a: readonly number[], b: readonly number[]): number {
  for (const [i, weight] of a.entries()) {
    const other = b[i];
    if (other === undefined) return 1;
    if (weight !== other) return weight - other;
  }
  return a.length - b.length;
}
