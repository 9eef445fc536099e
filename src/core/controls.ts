// The names of the session's controls, which data can't have.
import { SessionKeyError } from "./errors.ts";
import type { SessionControls } from "./session.ts";

/** Where each control is found: with the dictionary's items, or with the session. The compiler sees that none lacks. */
const CONTROLS: { readonly [Name in keyof SessionControls<unknown>]: "items" | "session" } = {
  get: "items",
  pop: "items",
  setDefault: "items",
  update: "items",
  clear: "items",
  flash: "items",
  takeFlashes: "items",
  permanent: "session",
  isNew: "session",
  modified: "session",
  accessed: "session",
  id: "session",
  key: "session",
  createdAt: "session",
  expiresAt: "session",
  owner: "session",
  csrfToken: "session",
  verifyCsrfToken: "session",
  signal: "session",
  login: "session",
  logout: "session",
  regenerate: "session",
  destroy: "session",
  save: "session",
  reload: "session",
  transaction: "session",
};

const PLACES: ReadonlyMap<string, "items" | "session"> = new Map(Object.entries(CONTROLS));

/** Where a control is found; `undefined` when the name is none. */
export function placeOfControl(name: string): "items" | "session" | undefined {
  return PLACES.get(name);
}

/** @throws SessionKeyError for a key that data can't have. */
export function checkKey(key: PropertyKey): asserts key is string {
  if (typeof key !== "string") throw new SessionKeyError(String(key), "is not a string", "Use strings as keys.");
  if (key === "__proto__") throw new SessionKeyError(key, "would reach an object's prototype", "Choose another name.");
  if (PLACES.has(key)) {
    throw new SessionKeyError(key, "is a control of the session and no data", "Choose another name.");
  }
}
