// A store whose every call ends in time: what does not answer by then, and what fails for reasons of its own, is a
// StoreUnavailableError, and a store that is out is not asked. One that answers at once is passed through at once; any
// other answer becomes a promise of this realm, so that the core may ask for `instanceof Promise`.

import { DataRefusedError, SessionError, SessionRecordError, StoreUnavailableError } from "../errors.ts";
import type { SessionEventListener } from "../events.ts";
import { isThenable } from "../util/awaitable.ts";
import { createCircuitBreaker } from "./circuit-breaker.ts";
import type { Awaitable, Change, DestroyAllOptions, SessionStore } from "./store.ts";
import { beginStoreCall } from "./store-calls.ts";

/** What requests wait for. That a look at many sessions fails or takes too long says nothing of these. */
const OF_REQUESTS: ReadonlySet<string> = new Set(["load", "create", "commit", "touch", "replace", "destroy"]);

/**
 * Every member of the contract, those that a store may lack included: a member that is added to it and not passed on
 * here does not compile.
 */
type AllMembers = { readonly [Name in keyof Required<SessionStore>]: SessionStore[Name] | undefined };

/** A store that ends its calls itself has so many ms more, so that its own cause is the one that is seen. */
const MARGIN = 250;

/** How far a call has come that works in batches. */
interface Batches {
  ended: number;
  /** Counts the time limit anew. */
  renewTime: (() => void) | undefined;
}

/** @param timeout How long a call may take, in ms; for `destroyAll`, each batch of it. */
export function guardStore(store: SessionStore, timeout: number, emit: SessionEventListener): SessionStore {
  const breaker = createCircuitBreaker((type) => emit({ type, store: store.name }));
  const patience = store.limitTime ? timeout + MARGIN : timeout;
  store.limitTime?.(timeout);
  /** Why the store counts as out. */
  let lastCause: unknown;

  function guard<Result>(operation: string, call: () => Awaitable<Result>, batches?: Batches): Awaitable<Result> {
    if (!breaker.mayCall()) {
      throw unavailable(operation, new Error("it was out a moment ago, and was not asked", { cause: lastCause }));
    }
    const end = beginStoreCall(store.name, operation);
    let answer: Awaitable<Result> | PromiseLike<Result>;
    let isLater: boolean;
    try {
      answer = call();
      isLater = isThenable(answer);
    } catch (error) {
      const failure = noteFailure(error, operation, batches);
      end?.(failure);
      throw failure;
    }
    if (isLater) {
      const bounded = withDeadline(answer as PromiseLike<Result>, operation, batches);
      if (end) bounded.then(() => end(), end);
      return bounded;
    }
    breaker.succeeded();
    end?.();
    return answer as Result;
  }

  function withDeadline<Result>(answer: PromiseLike<Result>, operation: string, batches?: Batches): Promise<Result> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        reject(noteFailure(new Error(`no answer within ${patience} ms`), operation, batches));
      };
      let timer = setTimeout(giveUp, patience);
      if (batches) {
        batches.renewTime = () => {
          clearTimeout(timer);
          timer = setTimeout(giveUp, patience);
        };
      }
      Promise.resolve(answer).then(
        (result) => {
          clearTimeout(timer);
          breaker.succeeded();
          resolve(result);
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(noteFailure(error, operation, batches));
        },
      );
    });
  }

  function noteFailure(error: unknown, operation: string, batches?: Batches): SessionError {
    const failure = error instanceof SessionError ? error : unavailable(operation, error);
    if (!(failure instanceof StoreUnavailableError)) {
      // A store that refuses data, or finds a record broken, has answered.
      if (failure instanceof DataRefusedError || failure instanceof SessionRecordError) breaker.succeeded();
      return failure;
    }
    lastCause = failure.cause;
    if (OF_REQUESTS.has(operation)) breaker.failed();
    return batches && batches.ended > 0 ? unavailable(operation, failure.cause, batches.ended) : failure;
  }

  function unavailable(operation: string, cause: unknown, ended?: number): StoreUnavailableError {
    return new StoreUnavailableError(store.name, operation, cause, ended);
  }

  function destroyAll(owner: string, options?: DestroyAllOptions): Awaitable<number> {
    const batches: Batches = { ended: 0, renewTime: undefined };
    const onProgress = (ended: number): void => {
      batches.ended = ended;
      batches.renewTime?.();
      options?.onProgress?.(ended);
    };
    return guard("destroyAll", () => store.destroyAll(owner, { ...options, onProgress }), batches);
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
    get hearsEnds() {
      return store.hearsEnds;
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
    destroyAll,
    sweep: (now, limit) => guard("sweep", () => store.sweep(now, limit)),
    subscribe: subscribe && ((listener, resumed) => guard("subscribe", () => subscribe(listener, resumed))),
    limitTime: store.limitTime?.bind(store),
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
