// One rule of Flask's, such as "/user/<int:id>": what it says, the path it matches, the path it makes.
// It knows no view and no other rule.

/** How a variable's text in a path becomes a value, and back. */
interface Converter {
  /** A regular expression without groups, for the decoded path. */
  readonly pattern: string;
  /** The lower, the more particular: rules are tried in this order. */
  readonly weight: number;
  /** `undefined` when the text is none after all: then the rule does not match. */
  readonly parse: (text: string) => unknown;
  /** Whether a URL can be built of the value. */
  readonly accepts: (value: unknown) => boolean;
}

const isText = (value: unknown): boolean => (typeof value === "string" && value !== "") || typeof value === "number";
const isPart = (value: unknown): boolean => isText(value) && !String(value).includes("/");
const STRING: Converter = {
  pattern: "[^/]+",
  weight: 100,
  // As in Flask, a view may rely on it: an encoded slash would make "../secret" of one part of a path.
  parse: (text) => (text.includes("/") ? undefined : text),
  accepts: isPart,
};
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const CONVERTERS: ReadonlyMap<string, Converter> = new Map(
  Object.entries({
    string: STRING,
    int: {
      pattern: "\\d+",
      weight: 50,
      // A number that JavaScript would round is no such page.
      parse: (text: string) => (Number.isSafeInteger(Number(text)) ? Number(text) : undefined),
      accepts: (value: unknown) => Number.isSafeInteger(Number(value)) && Number(value) >= 0 && isText(value),
    },
    float: {
      pattern: "\\d+\\.\\d+",
      weight: 50,
      parse: (text: string) => (Number.isFinite(Number(text)) ? Number(text) : undefined),
      accepts: (value: unknown) => Number.isFinite(Number(value)) && Number(value) >= 0 && isText(value),
    },
    path: {
      pattern: "[^/].*?",
      weight: 200,
      parse: (text: string) => text,
      accepts: (value: unknown) => isText(value) && !String(value).startsWith("/"),
    },
    uuid: {
      pattern: "[0-9A-Fa-f-]+",
      weight: 100,
      parse: (text: string) => (UUID.test(text) ? text.toLowerCase() : undefined),
      accepts: (value: unknown) => UUID.test(String(value)),
    },
  }),
);

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly converter: Converter;
}

/** The variables of a rule, by name: `RouteParams<"/user/<int:id>">` is `{ id: number }`. */
export type RouteParams<Rule extends string> = Rule extends `${string}<${infer Inside}>${infer Rest}`
  ? VariableOf<Inside> & RouteParams<Rest>
  : object;

type VariableOf<Inside extends string> = Inside extends `${infer Type}:${infer Name}`
  ? { [Key in Name]: Type extends "int" | "float" ? number : string }
  : { [Key in Inside]: string };

/** A rule, understood. */
export interface ParsedRule {
  /** The names of its variables, in order. */
  readonly variables: readonly string[];
  /** A path of Hono's that matches at least what the rule does. */
  readonly honoPath: string;
  /** How particular each part is, for {@link compareRules}. */
  readonly weights: readonly number[];
  /** The variables' values in a decoded path; `undefined` when the rule does not match. */
  match(path: string): Record<string, unknown> | undefined;
  /** The path for these values, percent-encoded; the name of the first one that is wrong or missing otherwise. */
  build(values: Readonly<Record<string, unknown>>): { path: string } | { wrong: string };
}

const VARIABLE = /<(?:([A-Za-z_]\w*):)?([A-Za-z_]\w*)>/g;

/** @throws Error that says what is wrong with the rule. */
export function parseRule(rule: string): ParsedRule {
  if (!rule.startsWith("/")) throw new Error(`The rule "${rule}" does not begin with a slash. Write "/${rule}".`);
  const tokens = tokenize(rule);
  const variables = tokens.filter((token) => typeof token !== "string");
  const names = variables.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`The rule "${rule}" has the variable "${twice}" twice. Rename one of them.`);
  const pattern = new RegExp(
    `^${tokens.map((token) => (typeof token === "string" ? escapeRegExp(token) : `(${token.converter.pattern})`)).join("")}$`,
    "s",
  );
  return {
    variables: names,
    honoPath: toHonoPath(rule),
    weights: rule.split("/").slice(1).map(weigh),
    match: (path) => read(pattern, variables, path),
    build: (values) => write(tokens, values),
  };
}

/** The order in which rules are tried: the more particular first, as werkzeug's. */
export function compareRules(a: ParsedRule, b: ParsedRule): number {
  for (const [index, weight] of a.weights.entries()) {
    const difference = weight - (b.weights[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return a.weights.length - b.weights.length;
}

function tokenize(rule: string): (string | Variable)[] {
  const tokens: (string | Variable)[] = [];
  let end = 0;
  for (const found of rule.matchAll(VARIABLE)) {
    const [text, type = "string", name = ""] = found;
    const converter = CONVERTERS.get(type);
    if (!converter) {
      throw new Error(`The rule "${rule}" has a <${type}:…>. The types are ${[...CONVERTERS.keys()].join(", ")}.`);
    }
    tokens.push(rule.slice(end, found.index), { name, type, converter });
    end = found.index + text.length;
  }
  tokens.push(rule.slice(end));
  if (tokens.some((token) => typeof token === "string" && /[<>]/.test(token))) {
    throw new Error(
      `The rule "${rule}" has a < or > that is no variable. Write <name> or <type:name>, type without ().`,
    );
  }
  return tokens.filter((token) => token !== "");
}

/** Hono narrows down which rules may match: a segment with a variable is any segment, and a path is any rest. */
function toHonoPath(rule: string): string {
  const segments: string[] = [];
  for (const [index, segment] of rule.split("/").slice(1).entries()) {
    if (segment.includes("<path:")) return `/${[...segments, "*"].join("/")}`;
    segments.push(/[<:*{}?]/.test(segment) ? `:v${index}` : segment);
  }
  return `/${segments.join("/")}`;
}

function weigh(segment: string): number {
  const variables = tokenize(segment).filter((token) => typeof token !== "string");
  if (variables.length === 0) return 0;
  const isMixed = segment.replace(VARIABLE, "") !== "";
  return Math.max(...variables.map(({ converter }) => converter.weight)) - (isMixed ? 1 : 0);
}

function read(pattern: RegExp, variables: readonly Variable[], path: string): Record<string, unknown> | undefined {
  const found = pattern.exec(path);
  if (!found) return undefined;
  const values = variables.map(({ converter }, index) => converter.parse(decode(found[index + 1] ?? "")));
  if (values.includes(undefined)) return undefined;
  return Object.fromEntries(variables.map(({ name }, index) => [name, values[index]]));
}

/** Hono leaves what separates parts of a URL encoded in a path, such as %2F. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function write(
  tokens: readonly (string | Variable)[],
  values: Readonly<Record<string, unknown>>,
): { path: string } | { wrong: string } {
  let path = "";
  for (const token of tokens) {
    if (typeof token === "string") {
      path += encodeURI(token);
      continue;
    }
    const value = Object.hasOwn(values, token.name) ? values[token.name] : undefined;
    if (!token.converter.accepts(value)) return { wrong: token.name };
    path += encodePart(String(value));
  }
  return { path };
}

/** What can stand in a part of a path as it is, stays (https://url.spec.whatwg.org/#url-path-segment-string). */
function encodePart(text: string): string {
  const encoded = encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd"));
  return encoded.replace(/%(?:24|26|2B|2C|2F|3A|3B|3D|40)/g, decodeURIComponent);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
