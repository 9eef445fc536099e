// A store whose every call ends in time: what does not answer by then, and what fails for reasons of its own, is a
// StoreUnavailableError, and a store that is out is not asked. One that answers at once is passed through at once; any
// other answer becomes a promise of this realm, so that the core may ask for `instanceof Promise`.
import { isThenable } from "./awaitable.ts";
import { createCircuitBreaker } from "./circuit-breaker.ts";
import { SessionError, StoreUnavailableError } from "./errors.ts";
import type { SessionEventListener } from "./events.ts";
import type { Awaitable, Change, SessionStore } from "./store.ts";
import { beginStoreCall } from "./store-calls.ts";

/** What requests wait for. That a look at many sessions fails or takes too long says nothing of these. */
const OF_REQUESTS: ReadonlySet<string> = new Set(["load", "create", "commit", "touch", "replace", "destroy"]);

/**
 * Every member of the contract, those that a store may lack included: a member that is added to it and not passed on
 * here does not compile.
 */
type AllMembers = { readonly [Name in keyof Required<SessionStore>]: SessionStore[Name] | undefined };

/** @param timeout How long a call may take, in ms. */
export function guardStore(store: SessionStore, timeout: number, emit: SessionEventListener): SessionStore {
  const breaker = createCircuitBreaker((type) => emit({ type, store: store.name }));

  function guard<Result>(operation: string, call: () => Awaitable<Result>): Awaitable<Result> {
    if (!breaker.mayCall()) throw unavailable(operation, new Error("it was out a moment ago, and was not asked"));
    const end = beginStoreCall(store.name, operation);
    let answer: Awaitable<Result> | PromiseLike<Result>;
    let isLater: boolean;
    try {
      answer = call();
      isLater = isThenable(answer);
    } catch (error) {
      const failure = noteFailure(error, operation);
      end?.(failure);
      throw failure;
    }
    if (isLater) {
      const bounded = withDeadline(answer as PromiseLike<Result>, operation);
      if (end) bounded.then(() => end(), end);
      return bounded;
    }
    breaker.succeeded();
    end?.();
    return answer as Result;
  }

  function withDeadline<Result>(answer: PromiseLike<Result>, operation: string): Promise<Result> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(noteFailure(new Error(`no answer within ${timeout} ms`), operation));
      }, timeout);
      Promise.resolve(answer).then(
        (result) => {
          clearTimeout(timer);
          breaker.succeeded();
          resolve(result);
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(noteFailure(error, operation));
        },
      );
    });
  }

  /** A store that answers with an error of ours, such as a broken record, is not out. */
  function noteFailure(error: unknown, operation: string): SessionError {
    const failure = error instanceof SessionError ? error : unavailable(operation, error);
    if (failure instanceof StoreUnavailableError && OF_REQUESTS.has(operation)) breaker.failed();
    return failure;
  }

  function unavailable(operation: string, cause: unknown): StoreUnavailableError {
    return new StoreUnavailableError(store.name, operation, cause);
  }

  const { name, sharesRecords, encryptsRecords, browseOrder = "any" } = store;
  const subscribe = store.subscribe?.bind(store);
  const browse = store.browse?.bind(store);
  const count = store.count?.bind(store);
  return present({
    name,
    get unkeptLaws() {
      return store.unkeptLaws;
    },
    sharesRecords,
    encryptsRecords,
    browseOrder,
    browse: browse && ((options) => guard("browse", () => browse(options))),
    count: count && (() => guard("count", count)),
    load: (key) => guard("load", () => store.load(key)),
    create: (key, record) => guard("create", () => store.create(key, record)),
    commit: (key, change) => guard(isTouch(change) ? "touch" : "commit", () => store.commit(key, change)),
    replace: (oldKey, newKey, replacement) => guard("replace", () => store.replace(oldKey, newKey, replacement)),
    destroy: (key, options) => guard("destroy", () => store.destroy(key, options)),
    list: (owner, page) => guard("list", () => store.list(owner, page)),
    destroyAll: (owner, options) => guard("destroyAll", () => store.destroyAll(owner, options)),
    sweep: (now, limit) => guard("sweep", () => store.sweep(now, limit)),
    subscribe: subscribe && ((listener, resumed) => guard("subscribe", () => subscribe(listener, resumed))),
    developmentSecret: store.developmentSecret?.bind(store),
    close: () => store.close(),
  });
}

/** Leaves out what the store does not have, so that `in` says so. What the store learns later is asked for each time. */
function present(members: AllMembers): SessionStore {
  for (const [name, member] of Object.entries(members)) if (member === undefined) Reflect.deleteProperty(members, name);
  return members as SessionStore;
}

/** Activity alone: operators want to see it apart from what apps write. */
function isTouch({ set, remove }: Change): boolean {
  return set.size === 0 && remove.size === 0;
}
