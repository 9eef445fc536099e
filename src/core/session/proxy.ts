// The session as users hold it: a Proxy whose own properties are the data alone, and whose controls can't be shadowed.
// It translates property access to items and controls, and decides nothing else.

import { SessionKeyError } from "../errors.ts";
import { isControl } from "./controls.ts";
import type { SessionItems } from "./session-items.ts";
import type { Session, SessionControls } from "./types.ts";

/** What stands behind a dictionary: its controls, and what reads and writes its data. */
export interface DictionaryTarget
  extends Omit<SessionControls<Record<string, unknown>>, "set">,
    Pick<SessionItems, "has" | "keys" | "set" | "assign" | "delete"> {
  /** Counts this request as a change, although no data differs. */
  forceTouch(): void;
}

/** The session's data and controls as one object. */
export function createDictionary<Data>(target: DictionaryTarget): Session<Data> {
  return new Proxy(target, HANDLER) as unknown as Session<Data>;
}

const HANDLER: ProxyHandler<DictionaryTarget> = {
  get(target, name) {
    if (typeof name === "symbol") return undefined;
    if (isControl(name)) return controlOf(target, name);
    if (name === "__proto__") return undefined;
    const value = target.get(name);
    // As every object has them: toString, hasOwnProperty and so on, where no data has the name.
    return value === undefined ? Reflect.get(Object.prototype, name) : value;
  },

  set(target, name, value) {
    if (name === "permanent") target.permanent = value;
    else if (name === "modified" && value === true) target.forceTouch();
    else target.assign(name, value);
    return true;
  },

  has: (target, name) => typeof name === "string" && target.has(name),

  deleteProperty(target, name) {
    target.delete(name);
    return true;
  },

  ownKeys: (target) => target.keys(),

  getOwnPropertyDescriptor(target, name) {
    if (typeof name !== "string" || !target.has(name)) return undefined;
    return { value: target.get(name), writable: true, enumerable: true, configurable: true };
  },

  defineProperty(_target, name) {
    throw new SessionKeyError(String(name), "can't be defined with attributes", "Assign it: session.name = value.");
  },

  getPrototypeOf: () => Object.prototype,
  setPrototypeOf: () => false,
  preventExtensions: () => false,
};

/** A control's methods work on what stands behind the dictionary, and not on the dictionary. */
function controlOf(owner: object, name: string): unknown {
  const control: unknown = Reflect.get(owner, name, owner);
  return typeof control === "function" ? control.bind(owner) : control;
}
