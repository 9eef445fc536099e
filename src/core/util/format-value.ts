// How a wrong value is named in an error: shortly, and without asking it, since what is wrong may not even have a text.

/** Longer texts are cut. */
const MAX_LENGTH = 40;

/** A value as an error message names it; never throws. */
export function described(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > MAX_LENGTH ? `${value.slice(0, MAX_LENGTH)}…` : value);
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "an array" : "an object";
    case "function":
      return "a function";
    case "bigint":
      return "a bigint";
    default:
      return String(value);
  }
}
