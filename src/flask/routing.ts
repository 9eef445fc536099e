// All rules of an app: which view answers a method and a path, and which URL leads to a view. It knows no request.

import { TrieRouter } from "hono/router/trie-router";
import { SessionOptionError } from "../core/errors.ts";
import { compareRules, type ParsedRule, parseRule } from "./rule.ts";

export interface Route {
  /** As written: `/user/<int:id>`. */
  readonly rule: string;
  readonly endpoint: string;
  /** With HEAD and OPTIONS where they are automatic. */
  readonly methods: ReadonlySet<string>;
  /** OPTIONS is answered without the view. */
  readonly automaticOptions: boolean;
  readonly parsed: ParsedRule;
}

/** What a method and a path lead to. `redirect` says what the path lacks. */
export type RouteMatch =
  | { readonly kind: "found"; readonly route: Route; readonly params: Record<string, unknown> }
  | { readonly kind: "options"; readonly methods: readonly string[] }
  | { readonly kind: "redirect"; readonly addSlash: boolean }
  | { readonly kind: "methodNotAllowed"; readonly methods: readonly string[] }
  | { readonly kind: "notFound" };

export interface RouteTable {
  /** @throws Error when the rule or a method is wrong, or the table was used already. */
  add(rule: string, endpoint: string, methods: readonly string[]): void;
  match(method: string, path: string): RouteMatch;
  /** The path and query for an endpoint and values. @throws BuildError. */
  build(endpoint: string, values: Readonly<Record<string, unknown>>): string;
}

/** No URL can be made of what `urlFor` was given. */
export class BuildError extends Error {
  override readonly name = "BuildError";
}

export function createRouteTable(): RouteTable {
  const routes: Route[] = [];
  let router: TrieRouter<Route> | undefined;

  const candidates = (path: string): Route[] => {
    router ??= createRouter(routes);
    return router.match("GET", path)[0].map(([route]) => route);
  };
  return {
    add(rule, endpoint, methods) {
      if (router) {
        throw new Error(
          `The rule "${rule}" came after the first request. Call app.route before app.run and app.fetch.`,
        );
      }
      routes.push(createRoute(rule, endpoint, methods));
    },

    match(method, path) {
      const match = find(candidates(path), method, path);
      if (match.kind === "found" || match.kind === "options") return match;
      if (answers(candidates(`${path}/`), method, `${path}/`)) return { kind: "redirect", addSlash: true };
      const merged = path.replace(/\/{2,}/g, "/");
      if (merged !== path) {
        if (answers(candidates(merged), method, merged)) return { kind: "redirect", addSlash: false };
        if (answers(candidates(`${merged}/`), method, `${merged}/`)) return { kind: "redirect", addSlash: true };
      }
      return match;
    },

    build: (endpoint, values) => buildUrl(routes, endpoint, values),
  };
}

function createRoute(rule: string, endpoint: string, given: readonly string[]): Route {
  const methods = new Set(given.map((method) => method.toUpperCase()));
  const wrong = [...methods].find((method) => !/^[A-Z]+$/.test(method));
  if (methods.size === 0 || wrong !== undefined) {
    const requirement = `must name HTTP methods, for the rule ${JSON.stringify(rule)}`;
    throw new SessionOptionError("methods", requirement, 'Write { methods: ["GET", "POST"] }.');
  }
  if (methods.has("GET")) methods.add("HEAD");
  const automaticOptions = !methods.has("OPTIONS");
  methods.add("OPTIONS");
  return { rule, endpoint, methods, automaticOptions, parsed: parseRule(rule) };
}

function createRouter(routes: readonly Route[]): TrieRouter<Route> {
  const router = new TrieRouter<Route>();
  // It answers in the order in which routes were added.
  for (const route of routes.toSorted((a, b) => compareRules(a.parsed, b.parsed))) {
    router.add("ALL", route.parsed.honoPath, route);
  }
  return router;
}

function find(candidates: readonly Route[], method: string, path: string): RouteMatch {
  const allowed = new Set<string>();
  for (const route of candidates) {
    const params = route.parsed.match(path);
    if (!params) continue;
    for (const name of route.methods) allowed.add(name);
    if (!route.methods.has(method) || (method === "OPTIONS" && route.automaticOptions)) continue;
    return { kind: "found", route, params };
  }
  if (allowed.size === 0) return { kind: "notFound" };
  return { kind: method === "OPTIONS" ? "options" : "methodNotAllowed", methods: [...allowed].sort() };
}

function answers(candidates: readonly Route[], method: string, path: string): boolean {
  return find(candidates, method, path).kind === "found";
}

function buildUrl(routes: readonly Route[], endpoint: string, values: Readonly<Record<string, unknown>>): string {
  const named = routes.filter((route) => route.endpoint === endpoint);
  if (named.length === 0) {
    const known = [...new Set(routes.map((route) => route.endpoint))].join(", ");
    throw new BuildError(`No URL leads to "${endpoint}". The endpoints are ${known || "none"}.`);
  }
  let wrong = "";
  // The rule that takes most of the values comes first.
  for (const { parsed } of named.toSorted((a, b) => b.parsed.variables.length - a.parsed.variables.length)) {
    const built = parsed.build(values);
    if ("path" in built) return built.path + queryOf(parsed.variables, values);
    wrong = built.wrong;
  }
  throw new BuildError(`The URL of "${endpoint}" needs a value of the right type for "${wrong}".`);
}

/** Values that the rule has no place for. `null` and `undefined` are left out, a list repeats its name. */
function queryOf(variables: readonly string[], values: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (variables.includes(name)) continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) query.append(name, String(one));
    }
  }
  return query.size > 0 ? `?${query}` : "";
}
