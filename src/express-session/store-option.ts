// The option `store`: a store written for express-session, one of coatcheck's, or none, checked at start.
import { SessionOptionError } from "../core/errors.ts";
import type { SessionEventListener } from "../core/events.ts";
import type { ExpressSessionStore } from "./bridge.ts";
import { CoatcheckStore, isCoatcheckStore } from "./coatcheck-store.ts";
import { MemoryStore } from "./memory-store.ts";
import type { SessionOptions } from "./options.ts";
import type { Store } from "./store.ts";

/**
 * The store as the middleware calls it.
 * @param emit Told of what happens to a store of coatcheck's.
 * @throws SessionOptionError when this is no store.
 */
export function openStore(store: SessionOptions["store"], emit: SessionEventListener): Store {
  if (store === undefined || store === null) return defaultStore();
  const slip = slipOf(store);
  if (slip) throw new SessionOptionError("store", ...slip);
  // Judged by its methods: it may extend the class of another package.
  return isCoatcheckStore(store) ? new CoatcheckStore(store, emit) : (store as ExpressSessionStore as Store);
}

function defaultStore(): Store {
  if (process.env["NODE_ENV"] === "production") {
    process.emitWarning(
      "Sessions are kept in this process alone and are lost with it. Give the option store.",
      "CoatcheckWarning",
    );
  }
  return new MemoryStore();
}

/** What was given in the place of a store, and what to do instead. */
function slipOf(store: unknown): [problem: string, remedy: string] | undefined {
  if (typeof store === "function") {
    return ["must be a store, and is a function", "Call it, or make one with new: memoryStore(), new MemoryStore()."];
  }
  const given = Object(store);
  if (typeof Reflect.get(given, "then") === "function") return ["must be a store, and is a promise", "Await it first."];
  if (isCoatcheckStore(given)) return undefined;
  const missing = ["get", "set", "destroy"].filter((method) => typeof Reflect.get(given, method) !== "function");
  if (missing.length === 0) return undefined;
  return [
    `must be a store, and has no method ${missing[0]}()`,
    "Give a store written for express-session, which has get, set and destroy, or one of coatcheck's.",
  ];
}
