// A store whose every call ends in time: what does not answer by then, and what fails for reasons of its own, is a
// StoreUnavailableError, and a store that is out is not asked. One that answers at once is passed through at once.
import { createCircuitBreaker } from "./circuit-breaker.ts";
import { SessionError, StoreUnavailableError } from "./errors.ts";
import type { SessionEventListener } from "./events.ts";
import type { Awaitable, Change, SessionStore } from "./store.ts";
import { beginStoreCall } from "./store-calls.ts";

/** What requests wait for. That a look at many sessions fails or takes too long says nothing of these. */
const OF_REQUESTS: ReadonlySet<string> = new Set(["load", "create", "commit", "touch", "replace", "destroy"]);

/** @param timeout How long a call may take, in ms. */
export function guardStore(store: SessionStore, timeout: number, emit: SessionEventListener): SessionStore {
  const breaker = createCircuitBreaker((type) => emit({ type, store: store.name }));

  function guard<Result>(operation: string, call: () => Awaitable<Result>): Awaitable<Result> {
    if (!breaker.mayCall()) throw unavailable(operation, new Error("it was out a moment ago, and was not asked"));
    const end = beginStoreCall(store.name, operation);
    let answer: Awaitable<Result>;
    try {
      answer = call();
    } catch (error) {
      end?.(error);
      throw noteFailure(error, operation);
    }
    if (answer instanceof Promise) {
      const bounded = withDeadline(answer, operation);
      if (end) bounded.then(() => end(), end);
      return bounded;
    }
    breaker.succeeded();
    end?.();
    return answer;
  }

  function withDeadline<Result>(answer: Promise<Result>, operation: string): Promise<Result> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(noteFailure(new Error(`no answer within ${timeout} ms`), operation));
      }, timeout);
      answer.then(
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

  const subscribe = store.subscribe?.bind(store);
  const browse = store.browse?.bind(store);
  const count = store.count?.bind(store);
  return {
    name: store.name,
    ...(store.sharesRecords ? { sharesRecords: true } : {}),
    browseOrder: store.browseOrder ?? "any",
    ...(browse ? { browse: (options) => guard("browse", () => browse(options)) } : {}),
    ...(count ? { count: () => guard("count", count) } : {}),
    load: (key) => guard("load", () => store.load(key)),
    create: (key, record) => guard("create", () => store.create(key, record)),
    commit: (key, change) => guard(isTouch(change) ? "touch" : "commit", () => store.commit(key, change)),
    replace: (oldKey, newKey, replacement) => guard("replace", () => store.replace(oldKey, newKey, replacement)),
    destroy: (key, options) => guard("destroy", () => store.destroy(key, options)),
    list: (owner, page) => guard("list", () => store.list(owner, page)),
    destroyAll: (owner, options) => guard("destroyAll", () => store.destroyAll(owner, options)),
    sweep: (now, limit) => guard("sweep", () => store.sweep(now, limit)),
    ...(subscribe ? { subscribe: (listener, resumed) => guard("subscribe", () => subscribe(listener, resumed)) } : {}),
    close: () => store.close(),
  };
}

/** Activity alone: operators want to see it apart from what apps write. */
function isTouch({ set, remove }: Change): boolean {
  return set.size === 0 && remove.size === 0;
}
