// Whether anything has changed what every program leans on: Object.prototype and its like (SECURITY-BAR S23).
import { inspect } from "node:util";

const INTRINSICS: Readonly<Record<string, object>> = {
  globalThis,
  Object,
  "Object.prototype": Object.prototype,
  Function,
  "Function.prototype": Function.prototype,
  Array,
  "Array.prototype": Array.prototype,
  "String.prototype": String.prototype,
  "Number.prototype": Number.prototype,
  "BigInt.prototype": BigInt.prototype,
  "Symbol.prototype": Symbol.prototype,
  "RegExp.prototype": RegExp.prototype,
  "Map.prototype": Map.prototype,
  "Set.prototype": Set.prototype,
  "WeakMap.prototype": WeakMap.prototype,
  "Date.prototype": Date.prototype,
  "Error.prototype": Error.prototype,
  "Promise.prototype": Promise.prototype,
  "Uint8Array.prototype": Uint8Array.prototype,
  "Buffer.prototype": Buffer.prototype,
  Reflect,
  JSON,
  Math,
};

type Properties = ReadonlyMap<PropertyKey, PropertyDescriptor | undefined>;

/** What they are now. */
type Snapshot = ReadonlyMap<string, Properties>;

export function takeSnapshot(): Snapshot {
  return new Map(Object.entries(INTRINSICS).map(([name, object]) => [name, propertiesOf(object)]));
}

function propertiesOf(object: object): Properties {
  const names = Reflect.ownKeys(object).filter((name) => !isLazy(object, name));
  return new Map(names.map((name) => [name, Object.getOwnPropertyDescriptor(object, name)]));
}

/** Node puts some globals in their place when they are first used. */
function isLazy(object: object, name: PropertyKey): boolean {
  return object === globalThis && typeof Object.getOwnPropertyDescriptor(object, name)?.get === "function";
}

/** @throws Error that names what has changed since. */
export function assertUnchanged(before: Snapshot): void {
  for (const [name, object] of Object.entries(INTRINSICS)) {
    const [was, is] = [before.get(name) ?? new Map(), propertiesOf(object)];
    for (const key of new Set([...was.keys(), ...is.keys()])) {
      const [old, now] = [was.get(key), is.get(key)];
      // A lazy global that has been used since.
      if (object === globalThis && old === undefined) continue;
      if (!isAlike(old, now)) throw new Error(`${name} has another ${String(key)}: ${inspect(now)}`);
    }
  }
}

function isAlike(a: PropertyDescriptor | undefined, b: PropertyDescriptor | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    Object.is(a.value, b.value) &&
    a.get === b.get &&
    a.set === b.set &&
    a.writable === b.writable &&
    a.enumerable === b.enumerable &&
    a.configurable === b.configurable
  );
}

const OBJECT_NAMES = Reflect.ownKeys(Object.prototype).length;

/** Cheap enough for every case. @throws Error. */
export function assertPlainPrototype(): void {
  if (Reflect.ownKeys(Object.prototype).length !== OBJECT_NAMES) throw new Error("Object.prototype has got a property");
}
