// The one table of a session's controls: the names that data can't have, and what each control does to the session. The
// dictionary, Next's read-only session and Flask's null session derive from it.
import { SessionKeyError } from "../errors.ts";
import type { SessionControls } from "./types.ts";

/**
 * What using a control does: it only reads; it writes, or acts on the stored session; or, as a property, reading it begins
 * a session where none is stored.
 */
export type ControlEffect = "reads" | "writes" | "begins";

/** The controls that a session has which can't be written. The table checks them: all others write. */
export type ReadableControl =
  | "get"
  | "permanent"
  | "isNew"
  | "modified"
  | "accessed"
  | "id"
  | "key"
  | "createdAt"
  | "expiresAt"
  | "owner"
  | "authenticatedAt"
  | "requireFresh"
  | "csrfToken"
  | "verifyCsrfToken"
  | "signal";

/** The name of a control. */
export type ControlName = keyof SessionControls<unknown>;

/** A control without a row does not compile, and neither does a row without a control. */
export const CONTROLS: {
  readonly [Name in ControlName]: Name extends ReadableControl ? Exclude<ControlEffect, "writes"> : "writes";
} = {
  get: "reads",
  set: "writes",
  pop: "writes",
  setDefault: "writes",
  update: "writes",
  clear: "writes",
  flash: "writes",
  takeFlashes: "writes",
  // Assigning it writes, as assigning any name does.
  permanent: "reads",
  isNew: "reads",
  modified: "reads",
  accessed: "reads",
  id: "reads",
  key: "reads",
  createdAt: "reads",
  expiresAt: "reads",
  owner: "reads",
  authenticatedAt: "reads",
  requireFresh: "reads",
  csrfToken: "begins",
  verifyCsrfToken: "reads",
  signal: "reads",
  login: "writes",
  logout: "writes",
  regenerate: "writes",
  destroy: "writes",
  save: "writes",
  reload: "writes",
  transaction: "writes",
};

export function isControl(name: PropertyKey): name is ControlName {
  return Object.hasOwn(CONTROLS, name);
}

/** What using a control does; `undefined` for the name of no control. */
export function effectOf(name: PropertyKey): ControlEffect | undefined {
  return isControl(name) ? CONTROLS[name] : undefined;
}

/** @throws SessionKeyError for a key that data can't have. */
export function checkKey(key: PropertyKey): asserts key is string {
  if (typeof key !== "string") throw new SessionKeyError(String(key), "is not a string", "Use strings as keys.");
  if (key === "__proto__") throw new SessionKeyError(key, "would reach an object's prototype", "Choose another name.");
  if (isControl(key)) {
    throw new SessionKeyError(key, "is a control of the session and no data", "Choose another name.");
  }
}
