// Filters of Jinja's that nunjucks lacks, or has without their arguments: `map`, `selectattr`, `rejectattr`, `tojson`.
import type * as Nunjucks from "nunjucks";
import { escapeText } from "./html.ts";
import { pythonJson, SPACED } from "./python-json.ts";

type Filter = (value: unknown, ...given: unknown[]) => unknown;
type Test = (value: unknown, other: unknown) => boolean;

const TESTS: Readonly<Record<string, Test>> = {
  eq: (value, other) => value === other,
  equalto: (value, other) => value === other,
  ne: (value, other) => value !== other,
  gt: (value, other) => (value as number) > (other as number),
  ge: (value, other) => (value as number) >= (other as number),
  lt: (value, other) => (value as number) < (other as number),
  le: (value, other) => (value as number) <= (other as number),
  in: (value, other) => (Array.isArray(other) ? other.includes(value) : String(other).includes(String(value))),
  none: (value) => value === null,
  defined: (value) => value !== undefined,
  undefined: (value) => value === undefined,
  true: (value) => value === true,
  false: (value) => value === false,
};

/** Nunjucks' filters that fail for what is undefined, which Jinja takes for an empty list. */
const OF_LISTS = ["first", "groupby", "join", "last", "list", "reverse", "sort", "sum"];

function ofUndefinedToo(filter: Filter): Filter {
  return function (this: unknown, value, ...given) {
    return filter.call(this, value ?? [], ...given);
  };
}

/** @param isTrue What is true in Python. */
export function addJinjaFilters(
  nunjucks: typeof Nunjucks,
  environment: Nunjucks.Environment,
  isTrue: (value: unknown) => boolean,
): void {
  const matches = (given: readonly unknown[]) => (item: unknown) => {
    const [attribute, name, other] = given;
    const value = attributeOf(item, String(attribute));
    return name === undefined ? isTrue(value) : testOf(String(name))(value, other);
  };
  const { SafeString } = nunjucks.runtime;
  const escaped: Filter = (value) =>
    value instanceof SafeString ? value : new SafeString(escapeText(String(value ?? "")));
  const filters: Record<string, Filter> = {
    map: (list, first, ...rest) => listOf(list).map(mapper(environment, first, rest)),
    selectattr: (list, ...given) => listOf(list).filter(matches(given)),
    rejectattr: (list, ...given) => listOf(list).filter((item) => !matches(given)(item)),
    escape: escaped,
    e: escaped,
    tojson: (value) => new SafeString(scriptSafeJson(value)),
  };
  for (const name of OF_LISTS) filters[name] = ofUndefinedToo(environment.getFilter(name) as Filter);
  for (const [name, filter] of Object.entries(filters)) environment.addFilter(name, filter);
}

/** `map(attribute="name", default="x")`, or `map("upper")`. */
function mapper(
  environment: Nunjucks.Environment,
  first: unknown,
  rest: readonly unknown[],
): (item: unknown) => unknown {
  if (typeof first === "object" && first !== null && "attribute" in first) {
    const { attribute } = first;
    const fallback: unknown = Reflect.get(first, "default");
    return (item) => attributeOf(item, String(attribute)) ?? fallback;
  }
  const filter = environment.getFilter(String(first)) as Filter;
  return (item) => filter(item, ...rest);
}

function attributeOf(item: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((found, name) => Reflect.get(Object(found), name), item);
}

/** @throws TypeError for a name that is no test. */
function testOf(name: string): Test {
  const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined;
  if (!test) throw new TypeError(`There is no test "${name}". There are ${Object.keys(TESTS).join(", ")}.`);
  return test;
}

function listOf(value: unknown): unknown[] {
  return typeof value === "object" && value !== null && Symbol.iterator in value
    ? [...(value as Iterable<unknown>)]
    : [];
}

/** JSON that may stand in a script, in an attribute in single quotes, and in a page. */
function scriptSafeJson(value: unknown): string {
  const json = pythonJson(value ?? null, SPACED) ?? "null";
  return json.replace(/[<>&']/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}
