// A store whose answers a test can hold back, delay or replace by failures, call by call.
import type { SessionStore } from "../../src/core/store.ts";

/** What becomes of one call: its real answer when `proceed` is called, or whatever else is returned or thrown. */
export type Script = (method: string, proceed: () => unknown, args?: readonly unknown[]) => unknown;

export function scriptStore(store: SessionStore, script: Script): SessionStore {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      if (name === "close") return member.bind(target);
      return (...args: unknown[]) => script(String(name), () => Reflect.apply(member, target, args), args);
    },
  });
}
