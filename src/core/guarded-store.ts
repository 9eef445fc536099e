// A store whose every call ends in time: what does not answer by then, and what fails for reasons of its own, is a
// StoreUnavailableError. A store that answers at once is passed through at once.
import { SessionError, StoreUnavailableError } from "./errors.ts";
import type { Awaitable, SessionStore } from "./store.ts";

/** @param timeout How long a call may take, in ms. */
export function guardStore(store: SessionStore, timeout: number): SessionStore {
  function guard<Result>(operation: string, call: () => Awaitable<Result>): Awaitable<Result> {
    let answer: Awaitable<Result>;
    try {
      answer = call();
    } catch (error) {
      throw asSessionError(error, operation);
    }
    return answer instanceof Promise ? withDeadline(answer, operation) : answer;
  }

  function withDeadline<Result>(answer: Promise<Result>, operation: string): Promise<Result> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new StoreUnavailableError(store.name, operation, new Error(`no answer within ${timeout} ms`)));
      }, timeout);
      answer.then(
        (result) => {
          clearTimeout(timer);
          resolve(result);
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(asSessionError(error, operation));
        },
      );
    });
  }

  function asSessionError(error: unknown, operation: string): SessionError {
    return error instanceof SessionError ? error : new StoreUnavailableError(store.name, operation, error);
  }

  const subscribe = store.subscribe?.bind(store);
  return {
    name: store.name,
    load: (key) => guard("load", () => store.load(key)),
    create: (key, record) => guard("create", () => store.create(key, record)),
    commit: (key, change) => guard("commit", () => store.commit(key, change)),
    replace: (oldKey, newKey, replacement) => guard("replace", () => store.replace(oldKey, newKey, replacement)),
    destroy: (key, options) => guard("destroy", () => store.destroy(key, options)),
    list: (owner, page) => guard("list", () => store.list(owner, page)),
    destroyAll: (owner, options) => guard("destroyAll", () => store.destroyAll(owner, options)),
    sweep: (now, limit) => guard("sweep", () => store.sweep(now, limit)),
    ...(subscribe ? { subscribe: (listener) => guard("subscribe", () => subscribe(listener)) } : {}),
    close: () => store.close(),
  };
}
