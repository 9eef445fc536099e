// Checks options at start, the same way in every factory: each option has a row that says what it must be, and an error
// names the option, the requirement and the remedy. It calls no method of a wrong value, and never quotes what may be a
// secret.

import { SessionOptionError } from "../errors.ts";
import { parseDuration } from "../time.ts";
import { described } from "./format-value.ts";
import { checkOptionNames } from "./option-names.ts";

/** Throws a SessionOptionError when the value is not what the option must be. It is not called for `undefined`. */
export type OptionCheck = (option: string, value: unknown) => void;

/** A check for each option. An option without a row does not compile. */
export type OptionChecks<Options> = { readonly [Name in keyof Required<Options>]: OptionCheck };

/** The longest time that a timer can wait, in ms: Node fires longer ones at once. */
const MAX_TIMER = 2 ** 31 - 1;

/**
 * Checks the options of a factory or function: that they are an object, hold no unknown name, and are what they must be.
 *
 * @param given What was passed. `undefined` counts as an empty object, so that a required option is named.
 * @param remedy How the call should look: `"Call memoryStore({ maxSessions: 10_000 })."`
 * @param name The option that holds these options, for nested ones: `"cookie"` makes errors name `"cookie.path"`.
 * @returns The options, checked.
 * @throws SessionOptionError.
 */
export function checkOptions<Options extends object>(
  given: unknown,
  checks: OptionChecks<Options>,
  remedy: string,
  name?: string,
): Options {
  if (given !== undefined) objectOption(remedy)(name ?? "options", given);
  const options = (given ?? {}) as Readonly<Record<string, unknown>>;
  const prefix = name === undefined ? "" : `${name}.`;
  const rows = Object.entries<OptionCheck>(checks);
  checkOptionNames(
    prefix,
    options,
    rows.map(([option]) => option),
  );
  for (const [option, check] of rows) {
    const value = options[option];
    if (value !== undefined || REQUIRED.has(check)) check(prefix + option, value);
  }
  return options as Options;
}

const REQUIRED = new WeakSet<OptionCheck>();

/** The same check for an option that must be given. */
export function required(check: OptionCheck): OptionCheck {
  const checkPresent: OptionCheck = (option, value) => check(option, value);
  REQUIRED.add(checkPresent);
  return checkPresent;
}

/** The same check for an option where `null` means that it is left out. */
export function orNull(check: OptionCheck): OptionCheck {
  return (option, value) => {
    if (value !== null) check(option, value);
  };
}

/** For options that are checked where they are parsed. */
export function checkedWhereParsed(): void {}

/** @throws SessionOptionError unless it is a string that has a UTF-8 form. */
export function stringOption(option: string, value: unknown): void {
  if (typeof value !== "string") refuse(option, "must be a string", value);
  else if (!value.isWellFormed()) refuse(option, "must be a string without half a surrogate pair", value);
}

/** @throws SessionOptionError unless it is a string of at least one character. */
export function nameOption(option: string, value: unknown): void {
  stringOption(option, value);
  if (value === "") refuse(option, "must be a string that is not empty", value);
}

/** @throws SessionOptionError unless it is a boolean. */
export function booleanOption(option: string, value: unknown): void {
  if (typeof value !== "boolean") refuse(option, "must be true or false", value);
}

/** @throws SessionOptionError unless it is a function. */
export function functionOption(option: string, value: unknown): void {
  if (typeof value !== "function") refuse(option, "must be a function", value);
}

/** A check for whole numbers in a range. */
export function wholeNumberOption(minimum: number, maximum: number = Number.MAX_SAFE_INTEGER): OptionCheck {
  const limit = maximum === Number.MAX_SAFE_INTEGER ? "" : ` and at most ${maximum}`;
  return (option, value) => {
    if (Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum) return;
    refuse(option, `must be a whole number of at least ${minimum}${limit}`, value);
  };
}

/** @throws SessionOptionError unless it is a number and finite. */
export function finiteNumberOption(option: string, value: unknown): void {
  if (!Number.isFinite(value)) refuse(option, "must be a finite number", value);
}

/** @throws SessionOptionError unless it is a duration, as of `parseDuration`. */
export function durationOption(option: string, value: unknown): void {
  parseDuration(option, value);
}

/** @throws SessionOptionError unless it is a duration that a timer can wait. */
export function timeoutOption(option: string, value: unknown): void {
  if (parseDuration(option, value) > MAX_TIMER) refuse(option, 'must be at most 24 days, such as "2s"', value);
}

/** @throws SessionOptionError unless it is a number of milliseconds that a timer can wait. */
export function millisecondsOption(option: string, value: unknown): void {
  if (typeof value === "number" && value > 0 && value <= MAX_TIMER) return;
  refuse(option, `must be a number of milliseconds above zero and at most ${MAX_TIMER}`, value);
}

/** A check for one of several values. */
export function oneOfOption(...choices: readonly (string | boolean)[]): OptionCheck {
  const named = choices.map((choice) => (typeof choice === "string" ? JSON.stringify(choice) : String(choice)));
  const requirement = `must be ${named.slice(0, -1).join(", ")} or ${named.at(-1)}`;
  return (option, value) => {
    if (!choices.some((choice) => choice === value)) refuse(option, requirement, value);
  };
}

/** A check for an object that holds data, such as nested options: no array, no Map, no Date. */
export function objectOption(remedy: string): OptionCheck {
  return (option, value) => {
    if (!isDataObject(value))
      throw new SessionOptionError(option, "must be an object", `It is ${kindOf(value)}. ${remedy}`);
  };
}

/** A check for a list whose members pass a check. */
export function listOption(check: OptionCheck): OptionCheck {
  return (option, value) => {
    if (!Array.isArray(value)) return refuse(option, "must be an array", value);
    for (const [index, member] of value.entries()) check(`${option}[${index}]`, member);
  };
}

/**
 * A check for an object with certain methods: a store, a manager, a client.
 * @param requirement What it must be: `"must be a store"`.
 */
export function methodsOption(methods: readonly string[], requirement: string, remedy: string): OptionCheck {
  return (option, value) => {
    if (typeof value !== "object" || value === null) {
      throw new SessionOptionError(option, requirement, `It is ${kindOf(value)}. ${remedy}`);
    }
    const missing = methods.find((method) => typeof Reflect.get(value, method) !== "function");
    if (missing === undefined) return;
    throw new SessionOptionError(option, requirement, `It has no method ${missing}(). ${remedy}`);
  };
}

/** A check for what `createSessions` returned. */
export const managerOption: OptionCheck = methodsOption(
  ["open"],
  "must be a manager",
  "Give what createSessions(...) has returned.",
);

/** @throws SessionOptionError that states the requirement, what was given, and the remedy. */
function refuse(option: string, requirement: string, value: unknown): never {
  const remedy = value === undefined ? "It is missing." : `It is ${described(value)}. Correct it, or leave it out.`;
  throw new SessionOptionError(option, requirement, remedy);
}

/** Like `described`, without the content of a string: it may be a secret, or an address with a password. */
function kindOf(value: unknown): string {
  if (value === undefined) return "missing";
  return typeof value === "string" ? "a string" : described(value);
}

/** Module namespaces are taken too: `createSessions(await import("./options.js"))`. */
function isDataObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return ["[object Object]", "[object Module]"].includes(Object.prototype.toString.call(value));
}
