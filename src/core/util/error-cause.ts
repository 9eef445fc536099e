// What is kept of a database client's error as the `cause` of ours: what happened, where, and by which code. Everything
// else may hold what was sent: ioredis keeps a command's arguments, PostgreSQL the row or the parameter that it refused.
import { isNativeError } from "node:util/types";

/** Properties that name a case or an address, never data. */
const KEPT = ["code", "errno", "syscall", "address", "port", "severity", "routine"] as const;
/** As long as a session ID, a key, or the ID of another library. */
const LONG_TOKEN = /[\w-]{32,}/g;
/** Redis names the arguments of a command that it does not know. */
const ARGUMENTS = /, with args beginning with:.*/s;
/** SQLSTATE of an error of the data: the message quotes them. */
const OF_THE_DATA = /^22...$/;
const MAX_MESSAGE = 300;
const MAX_DEPTH = 4;

/**
 * Copies an error without anything that a caller may have sent: no value, no ID, no key (SECURITY-BAR S27).
 */
export function safeCause(cause: unknown, depth = 0): Error {
  if (!isError(cause)) return new Error("The store failed with a value that is not an Error.");
  const message = safeMessage(cause);
  const causes = depth < MAX_DEPTH ? innerErrors(cause).map((inner) => safeCause(inner, depth + 1)) : [];
  const [first] = causes;
  const copy =
    cause instanceof AggregateError
      ? new AggregateError(causes, message)
      : new Error(message, first === undefined ? undefined : { cause: first });
  const name = typeof cause.name === "string" ? cause.name : "Error";
  hidden(copy, "name", name);
  hidden(copy, "stack", [`${name}: ${message}`, ...framesOf(cause)].join("\n"));
  for (const property of KEPT) {
    const value: unknown = Reflect.get(cause, property);
    if (typeof value === "string" || typeof value === "number") Reflect.set(copy, property, value);
  }
  return copy;
}

/** Errors of another realm are no `instanceof Error`. */
function isError(value: unknown): value is Error {
  return value instanceof Error || isNativeError(value);
}

function safeMessage(error: Error): string {
  // A parser quotes what it could not read.
  if (error.name === "SyntaxError") return "The text could not be parsed.";
  const code: unknown = Reflect.get(error, "code");
  if (typeof code === "string" && OF_THE_DATA.test(code)) return `The database refused the data (SQLSTATE ${code}).`;
  const message = String(error.message).replace(ARGUMENTS, "").replace(LONG_TOKEN, "…");
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
}

/** The errors behind an error: of several addresses, of the last node of a cluster that was asked. */
function innerErrors(error: Error): unknown[] {
  const several: unknown = Reflect.get(error, "errors");
  if (Array.isArray(several)) return several;
  return [error.cause, Reflect.get(error, "lastNodeError")].filter((inner) => inner !== undefined).slice(0, 1);
}

/** Where it was thrown; the message that stands before that is left out. */
function framesOf({ stack, message }: Error): string[] {
  if (typeof stack !== "string") return [];
  const at = stack.indexOf(message);
  const rest = at === -1 ? stack : stack.slice(at + message.length);
  return rest.split("\n").filter((line) => /^\s+at .+:\d+:\d+\)?$/.test(line));
}

function hidden(error: Error, property: string, value: string): void {
  Object.defineProperty(error, property, { value, configurable: true, writable: true });
}
