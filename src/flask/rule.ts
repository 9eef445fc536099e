// One rule of Flask's, such as "/user/<int:id>": what it says, the path it matches, the path it makes.
// It knows no view and no other rule.

/** How a variable's text in a path becomes a value, and back. */
interface Converter {
  /** A regular expression without groups, for the decoded path. */
  readonly pattern: string;
  /** The lower, the more particular. */
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
const UUID_PATTERN = "[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}";
const UUID = new RegExp(`^${UUID_PATTERN}$`);

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
      pattern: "[^/][^\\n]*?",
      weight: 200,
      parse: (text: string) => text,
      accepts: (value: unknown) => isText(value) && !String(value).startsWith("/"),
    },
    uuid: {
      pattern: UUID_PATTERN,
      weight: 100,
      parse: (text: string) => text.toLowerCase(),
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

/** What a rule has between two slashes, or from one slash to the end. */
export interface RulePart {
  /** Of a part without variables. */
  readonly text: string | undefined;
  /** A regular expression with one group for each variable. */
  readonly pattern: string;
  /** How many variables it has. */
  readonly variables: number;
  /** It has a variable that takes slashes, so it takes all that is left. */
  readonly isFinal: boolean;
  /** It is final, and the rule ends with a slash, which is the last group. */
  readonly endsWithSlash: boolean;
  /** How particular it is: numbers as in werkzeug's `Weighting`, the lower first. */
  readonly weight: readonly number[];
}

/** A rule, understood. */
export interface ParsedRule {
  /** The names of its variables, in order. */
  readonly variables: readonly string[];
  /** What stands between its slashes. */
  readonly parts: readonly RulePart[];
  /** The variables' values of the texts that were found for them; `undefined` when one is none after all. */
  read(texts: readonly string[]): Record<string, unknown> | undefined;
  /** The path for these values, percent-encoded; the name of the first one that is wrong or missing otherwise. */
  build(values: Readonly<Record<string, unknown>>): { path: string } | { wrong: string };
}

const VARIABLE = /<(?:([A-Za-z_]\w*):)?([A-Za-z_]\w*)>/g;

/** @throws Error that says what is wrong with the rule. */
export function parseRule(rule: string): ParsedRule {
  if (!rule.startsWith("/")) throw new Error(`The rule "${rule}" does not begin with a slash. Write "/${rule}".`);
  const tokens = tokenize(rule.replace(/\/{2,}/g, "/"));
  const variables = tokens.filter((token) => typeof token !== "string");
  const names = variables.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`The rule "${rule}" has the variable "${twice}" twice. Rename one of them.`);
  return {
    variables: names,
    parts: partsOf(tokens),
    read: (texts) => read(variables, texts),
    build: (values) => write(tokens, values),
  };
}

function partsOf(tokens: readonly (string | Variable)[]): RulePart[] {
  const parts: RulePart[] = [];
  let pieces: (string | Variable)[] = [];
  for (const piece of splitAtSlashes(tokens)) {
    const isFinal = pieces.some(takesSlashes);
    if (piece !== "/" || isFinal) pieces.push(piece);
    else {
      parts.push(partOf(pieces));
      pieces = [];
    }
  }
  const last = partOf(pieces);
  // Whether the slash at the end was there is for the state after this part.
  return last.endsWithSlash ? [...parts, last, partOf([])] : [...parts, last];
}

/** The same tokens, where each slash is one of its own. */
function splitAtSlashes(tokens: readonly (string | Variable)[]): (string | Variable)[] {
  return tokens.flatMap((token): (string | Variable)[] =>
    typeof token === "string" ? (token.match(/\/|[^/]+/g) ?? []) : [token],
  );
}

const takesSlashes = (piece: string | Variable): boolean => typeof piece !== "string" && piece.type === "path";

function partOf(pieces: readonly (string | Variable)[]): RulePart {
  const variables = pieces.filter((piece) => typeof piece !== "string");
  const isFinal = pieces.some(takesSlashes);
  const endsWithSlash = isFinal && pieces.at(-1) === "/";
  const pattern = (endsWithSlash ? pieces.slice(0, -1) : pieces)
    .map((piece) => (typeof piece === "string" ? escapeRegExp(piece) : `(${piece.converter.pattern})`))
    .join("");
  return {
    text: variables.length === 0 ? pieces.join("") : undefined,
    pattern: endsWithSlash ? `${pattern}(?<!/)(/?)` : pattern,
    variables: variables.length,
    isFinal,
    endsWithSlash,
    weight: weigh(pieces, variables),
  };
}

/** More fixed text first, then longer one, then more variables, then the more particular ones. */
function weigh(pieces: readonly (string | Variable)[], variables: readonly Variable[]): number[] {
  const texts = pieces.filter((piece) => typeof piece === "string").filter((text) => text !== "/");
  return [
    -texts.length,
    ...texts.flatMap((text, index) => [index, -text.length]),
    -variables.length,
    ...variables.map(({ converter }) => converter.weight),
  ];
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

function read(variables: readonly Variable[], texts: readonly string[]): Record<string, unknown> | undefined {
  const values = variables.map(({ converter }, index) => converter.parse(decode(texts[index] ?? "")));
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
