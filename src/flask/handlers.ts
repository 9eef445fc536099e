// What an app has registered for before, after and instead of a view's answer.
import { asHttpException, HTTPException } from "./errors.ts";
import type { FlaskResponse, ViewResult } from "./response.ts";

type Awaitable<T> = T | Promise<T>;

/** Runs before the view, for every request; what it returns, if anything, is the answer instead. */
export type BeforeRequest = () => Awaitable<ViewResult | undefined> | Awaitable<void>;
/** Gets every response before it goes out: to change it, or to return another one. */
export type AfterRequest = (response: FlaskResponse) => Awaitable<ViewResult | undefined> | Awaitable<void>;
/** Answers in place of an error's page. */
export type ErrorHandler<E extends Error = Error> = (error: E) => Awaitable<ViewResult>;

/** The class of an error, abstract ones too. */
export type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

export interface Handlers {
  readonly before: BeforeRequest[];
  readonly after: AfterRequest[];
  addErrorHandler(target: number | ErrorClass<Error>, handler: ErrorHandler): void;
  /** What answers an error; `undefined` when nothing does. */
  findErrorHandler(error: Error): (() => Awaitable<ViewResult>) | undefined;
}

export function createHandlers(): Handlers {
  const byCode = new Map<number, ErrorHandler>();
  const byClass = new Map<unknown, ErrorHandler>();

  /** @param end The class at which to stop. */
  const ofClass = (error: Error, end?: unknown): ErrorHandler | undefined => {
    for (let prototype: unknown = error; prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
      const itsClass: unknown = Reflect.get(Object(prototype), "constructor");
      if (itsClass === end) return undefined;
      const handler = byClass.get(itsClass);
      if (handler) return handler;
    }
    return undefined;
  };
  return {
    before: [],
    after: [],

    addErrorHandler(target, handler) {
      if (typeof target === "number") byCode.set(target, handler);
      else byClass.set(target, handler);
    },

    findErrorHandler(error) {
      const http = asHttpException(error);
      const particular = http === error ? ofClass(error, HTTPException) : undefined;
      if (particular) return () => particular(error);
      const specific = byCode.get(http?.code ?? 500);
      // An answer's number says more than its class; of a mistake, the class does.
      const own = http && specific ? undefined : ofClass(error);
      if (own) return () => own(error);
      const answer = http ?? new HTTPException(500, undefined, { cause: error });
      const handler = specific ?? ofClass(answer);
      return handler && (() => handler(answer));
    },
  };
}
