// All rules of an app: which view answers a method and a path, and which URL leads to a view. It knows no request.
import { SessionOptionError } from "../core/errors.ts";
import { type PathChange, RouteMatcher } from "./route-matcher.ts";
import { type ParsedRule, parseRule } from "./rule.ts";

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
  | ({ readonly kind: "redirect" } & PathChange)
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
  let matcher: RouteMatcher<Route> | undefined;

  return {
    add(rule, endpoint, methods) {
      if (matcher) {
        throw new Error(
          `The rule "${rule}" came after the first request. Call app.route before app.run and app.fetch.`,
        );
      }
      routes.push(createRoute(rule, endpoint, methods));
    },

    match(method, path) {
      matcher ??= new RouteMatcher(routes);
      // As werkzeug does, and so that no redirect can lead to another host.
      return find(matcher, method, path.replace(/^\/{2,}/, "/"));
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

/** A method that no rule has: asked for, a path tells all that it has. */
const NO_METHOD = "";

function find(matcher: RouteMatcher<Route>, method: string, path: string): RouteMatch {
  const found = matcher.find(method, path);
  if ("redirect" in found) return { kind: "redirect", ...found.redirect };
  if ("methods" in found) {
    return found.methods.size === 0
      ? { kind: "notFound" }
      : { kind: "methodNotAllowed", methods: [...found.methods].sort() };
  }
  const { route, texts } = found;
  if (method === "OPTIONS" && route.automaticOptions) {
    const all = matcher.find(NO_METHOD, path);
    return { kind: "options", methods: "methods" in all ? [...all.methods].sort() : [] };
  }
  const params = route.parsed.read(texts);
  return params ? { kind: "found", route, params } : { kind: "notFound" };
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
  const query: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (variables.includes(name)) continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) query.push(`${encodeQuery(name)}=${encodeQuery(String(one))}`);
    }
  }
  return query.length > 0 ? `?${query.join("&")}` : "";
}

/** What werkzeug leaves as it is in a query stays; a blank is a plus sign. */
function encodeQuery(text: string): string {
  const encoded = encodeURIComponent(text.toWellFormed());
  return encoded.replace(/%20/g, "+").replace(/%(?:24|2C|2F|3A|3B|3F|40)/g, decodeURIComponent);
}
