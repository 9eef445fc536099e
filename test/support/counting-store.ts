// A store that counts what it is asked.
import type { SessionStore } from "../../src/core/store.ts";

/** How often each method was called. */
export type StoreCalls = Record<string, number>;

export function countCalls(store: SessionStore): { store: SessionStore; calls: StoreCalls } {
  const calls: StoreCalls = {};
  const counting = new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        calls[String(name)] = (calls[String(name)] ?? 0) + 1;
        return Reflect.apply(member, target, args);
      };
    },
  });
  return { store: counting, calls };
}
