// A store to which reading a session is no activity: what SESSION_REFRESH_EACH_REQUEST = false asks for.
import type { Change, SessionStore } from "../core/record/store.ts";
import { contextOrNone } from "./context.ts";

/**
 * The same store, where only a change moves a session's end. `session.modified = true` is one, as in Flask.
 */
export function withoutRefresh(store: SessionStore): SessionStore {
  const commit: SessionStore["commit"] = (key, change) =>
    // To the core that is a refresh that did not come about, which no request fails for.
    isRefresh(change) ? "conflict" : store.commit(key, change);
  return new Proxy(store, {
    get(target, name) {
      if (name === "commit") return commit;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Nothing differs, and the request did not say that it means to write all the same. */
function isRefresh({ set, remove, ifVersion }: Change): boolean {
  const isEmpty = set.size === 0 && remove.size === 0 && ifVersion === undefined;
  return isEmpty && contextOrNone()?.session?.modified !== true;
}
