// The calls of one store: none after it was closed, errors of one kind, and an end that waits for what is under way.
import { SessionError, StoreUnavailableError } from "../../core/errors.ts";

const STORE = "lmdb";

export class Calls {
  readonly #running = new Set<Promise<unknown>>();
  #closed = false;

  /** A call that is answered at once. */
  atOnce<Result>(operation: string, call: () => Result): Result {
    this.#assertOpen(operation);
    try {
      return call();
    } catch (error) {
      throw asSessionError(error, operation);
    }
  }

  /** A call that `end` waits for. */
  async inTurn<Result>(operation: string, call: () => Promise<Result>): Promise<Result> {
    this.#assertOpen(operation);
    const running = call();
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      throw asSessionError(error, operation);
    } finally {
      this.#running.delete(running);
    }
  }

  /** Takes no more calls, and waits for those under way. */
  async end(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#running);
  }

  #assertOpen(operation: string): void {
    if (this.#closed) throw new StoreUnavailableError(STORE, operation, new Error("the store was closed"));
  }
}

export function asSessionError(error: unknown, operation: string): SessionError {
  return error instanceof SessionError ? error : new StoreUnavailableError(STORE, operation, error);
}
