// The names of the session's controls, which data can't have.
import { SessionKeyError } from "./errors.ts";
import type { SessionControls } from "./session.ts";

/** The compiler sees that none lacks. */
const CONTROLS: { readonly [Name in keyof SessionControls<unknown>]: true } = {
  get: true,
  pop: true,
  setDefault: true,
  update: true,
  clear: true,
  flash: true,
  takeFlashes: true,
  permanent: true,
  isNew: true,
  modified: true,
  accessed: true,
  id: true,
  key: true,
  createdAt: true,
  expiresAt: true,
  owner: true,
  authenticatedAt: true,
  requireFresh: true,
  csrfToken: true,
  verifyCsrfToken: true,
  signal: true,
  login: true,
  logout: true,
  regenerate: true,
  destroy: true,
  save: true,
  reload: true,
  transaction: true,
};

const NAMES: ReadonlySet<string> = new Set(Object.keys(CONTROLS));

export function isControl(name: string): boolean {
  return NAMES.has(name);
}

/** @throws SessionKeyError for a key that data can't have. */
export function checkKey(key: PropertyKey): asserts key is string {
  if (typeof key !== "string") throw new SessionKeyError(String(key), "is not a string", "Use strings as keys.");
  if (key === "__proto__") throw new SessionKeyError(key, "would reach an object's prototype", "Choose another name.");
  if (NAMES.has(key)) {
    throw new SessionKeyError(key, "is a control of the session and no data", "Choose another name.");
  }
}
