// Options that nobody knows are refused at start: a misspelt one would otherwise be a default in silence.
import { SessionOptionError } from "./errors.ts";

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

/**
 * @param prefix What stands before a name in the error: `"cookie."`, or nothing.
 * @throws SessionOptionError for the first option that is not among the names.
 */
export function checkOptionNames(prefix: string, options: object, names: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const remedy = Object.hasOwn(ELSEWHERE, name) ? ELSEWHERE[name] : undefined;
    throw new SessionOptionError(prefix + name, "is unknown", remedy ?? `The options are ${names.join(", ")}.`);
  }
}
