// One process can hold several copies of the library: an ES module and a CommonJS build (decision 022), or one for each bundle
// of an app. What all copies must agree on is found here. A name stands for one shape: when the shape changes, so must the name.

type Registry = { [key: symbol]: unknown };

/**
 * Returns the object that all copies of the library in this process share under this name.
 *
 * @param make Makes the object for the first copy that asks.
 */
export function processWide<T>(name: string, make: () => T): T {
  const key = Symbol.for(`coatcheck.${name}`);
  const registry = globalThis as Registry;
  registry[key] ??= make();
  return registry[key] as T;
}

type AnyClass = abstract new (...args: never[]) => object;

/**
 * Makes `instanceof` recognize the instances that another copy's class of the same name has made, and names the class for
 * good: minifiers rename classes.
 *
 * @example
 * class CsrfError extends SessionError {
 *   static {
 *     shareClass(this, "CsrfError");
 *   }
 * }
 */
export function shareClass(Class: AnyClass, name: string): void {
  const mark = Symbol.for(`coatcheck.class.${name}`);
  Object.defineProperty(Class, "name", { value: name, configurable: true });
  Object.defineProperty(Class.prototype, mark, { value: true });
  Object.defineProperty(Class, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      // A user's subclass inherits this method, and has no mark of its own.
      if (this !== Class) return Function.prototype[Symbol.hasInstance].call(this as AnyClass, value);
      return typeof value === "object" && value !== null && Reflect.get(value, mark) === true;
    },
  });
}
