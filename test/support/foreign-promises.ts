// Stores whose answers are no `instanceof Promise`: thenables as libraries make them, and promises of another realm, as
// a store loaded by Jest answers.
import { runInNewContext } from "node:vm";
import type { SessionStore } from "../../src/core/store.ts";
import { type Script, scriptStore } from "./scripted-store.ts";

const ForeignPromise = runInNewContext("Promise") as PromiseConstructor;

/** An object with this method `then` and nothing else. */
export function thenable(then: unknown): PromiseLike<never> {
  // biome-ignore lint/suspicious/noThenProperty: it is what is tested.
  return Object.fromEntries([["then", then]]) as object as PromiseLike<never>;
}

/** Each kind with what it makes of an answer, which may be a promise already. */
export const FOREIGN_PROMISES: Readonly<Record<string, (answer: () => unknown) => unknown>> = {
  thenables: (answer) => {
    const promise = Promise.resolve().then(answer);
    return thenable(promise.then.bind(promise));
  },
  "functions with a method then": (answer) => {
    const promise = Promise.resolve().then(answer);
    return Object.assign(() => {}, thenable(promise.then.bind(promise)));
  },
  "promises of another realm": (answer) =>
    new ForeignPromise((resolve, reject) => {
      Promise.resolve().then(answer).then(resolve, reject);
    }),
};

/** A store that gives each answer as one of these. @param script What becomes of a call. */
export function withForeignPromises(
  store: SessionStore,
  foreign: (answer: () => unknown) => unknown,
  script: Script = (_method, proceed) => proceed(),
): SessionStore {
  const isSynchronous = new Set(["developmentSecret"]);
  return scriptStore(store, (method, proceed, args) =>
    isSynchronous.has(method) ? proceed() : foreign(() => script(method, proceed, args)),
  );
}
