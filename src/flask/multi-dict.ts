// A form's or a query's values by name, as werkzeug's MultiDict: a name may stand several times. It knows no request.
import { BadRequestKeyError } from "./errors.ts";

/** The methods of a {@link MultiDict}. A field of such a name is reached by `get("get")`. */
export interface MultiDictMethods<Value> {
  /** The first value of a name; `fallback`, or `undefined`, when it is absent. */
  get(name: string): Value | undefined;
  get<Fallback>(name: string, fallback: Fallback): Value | Fallback;
  /** All values of a name. */
  getAll(name: string): Value[];
  /** The same under Flask's name. */
  getlist(name: string): Value[];
  /** Every name with every value, in the order of the request. */
  [Symbol.iterator](): IterableIterator<[string, Value]>;
}

/**
 * Read-only values by name. `form.username` is the first value of that name, and when the request has none, the request
 * ends with 400; `form.get("username", "")` and `"username" in form` ask first.
 */
export type MultiDict<Value = string> = { readonly [name: string]: Value } & MultiDictMethods<Value>;

/** What code that knows nothing of forms asks of any object: awaiting, JSON.stringify. It must not end a request. */
const ASKED_BY_OTHERS = new Set(["then", "toJSON"]);

export function createMultiDict<Value>(entries: Iterable<readonly [string, Value]>): MultiDict<Value> {
  const pairs = [...entries];
  const lists = new Map<string, Value[]>();
  for (const [name, value] of pairs) {
    const list = lists.get(name);
    if (list) list.push(value);
    else lists.set(name, [value]);
  }
  const getAll = (name: string): Value[] => [...(lists.get(name) ?? [])];
  const methods = {
    get: (name: string, fallback?: unknown) => (lists.has(name) ? lists.get(name)?.[0] : fallback),
    getAll,
    getlist: getAll,
    [Symbol.iterator]: () => pairs.map(([name, value]): [string, Value] => [name, value]).values(),
  };
  const dict = new Proxy({}, handler(lists, methods)) as MultiDict<Value>;
  views.set(dict, lenientView(lists, methods));
  return dict;
}

/** For templates, where a name that is missing prints nothing instead of ending the request. */
interface LenientView {
  items(): [string, unknown][];
  keys(): string[];
  values(): unknown[];
}

const views = new WeakMap<object, LenientView>();

/** `undefined` for what is no MultiDict. */
export function lenientViewOf(value: unknown): LenientView | undefined {
  return typeof value === "object" && value !== null ? views.get(value) : undefined;
}

function lenientView<Value>(lists: ReadonlyMap<string, Value[]>, methods: object): LenientView {
  const items = (): [string, unknown][] => [...lists].map(([name, values]) => [name, values[0]]);
  const own = {
    ...methods,
    items,
    keys: () => [...lists.keys()],
    values: () => items().map(([, value]) => value),
  };
  return new Proxy(own, {
    get: (target, name) =>
      Object.hasOwn(target, name)
        ? Reflect.get(target, name)
        : typeof name === "string"
          ? lists.get(name)?.[0]
          : undefined,
  });
}

function handler<Value>(lists: ReadonlyMap<string, Value[]>, methods: object): ProxyHandler<object> {
  const readOnly = (): never => {
    throw new TypeError("The values of a request can't be changed.");
  };
  // Copying by Object.assign must not reach a prototype, and a method is no value.
  const isEnumerable = (name: string): boolean => name !== "__proto__" && !Object.hasOwn(methods, name);
  return {
    get(_target, name) {
      if (Object.hasOwn(methods, name)) return Reflect.get(methods, name);
      if (typeof name === "symbol" || name === "__proto__") return undefined;
      const values = lists.get(name);
      if (values) return values[0];
      if (ASKED_BY_OTHERS.has(name)) return undefined;
      if (name in Object.prototype) return Reflect.get(Object.prototype, name);
      throw new BadRequestKeyError(name);
    },
    has: (_target, name) => typeof name === "string" && lists.has(name),
    ownKeys: () => [...lists.keys()].filter(isEnumerable),
    getOwnPropertyDescriptor(_target, name) {
      const values = typeof name === "string" && isEnumerable(name) ? lists.get(name) : undefined;
      return values && { value: values[0], enumerable: true, configurable: true, writable: false };
    },
    set: readOnly,
    defineProperty: readOnly,
    deleteProperty: readOnly,
  };
}
