// The calls of one store: none after it was closed, each within its time, and errors of one kind.
import type { SessionError } from "../../core/errors.ts";
import { StoreUnavailableError } from "../../core/errors.ts";
import type { Awaitable } from "../../core/record/store.ts";

/** How long a call may take where neither the store nor a manager says so, in ms; the manager's default too. */
const DEFAULT_TIMEOUT = 2_000;

/** The time of one call. Work in batches begins it anew with each batch. */
export class Deadline {
  /** How long the call, or a batch of it, may take, in ms. */
  readonly timeout: number;
  #endsAt: number;

  constructor(timeout: number) {
    this.timeout = timeout;
    this.#endsAt = performance.now() + timeout;
  }

  /** How much time is left, in ms. */
  get left(): number {
    return this.#endsAt - performance.now();
  }

  renew(): void {
    this.#endsAt = performance.now() + this.timeout;
  }
}

/**
 * What the work answers while there is time left. The work itself can't be stopped.
 * @param complaint Makes the error, when time is up.
 */
export function beforeDeadline<Result>(
  work: Promise<Result>,
  deadline: Deadline,
  complaint: () => unknown,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    let timer = setTimeout(check, deadline.left);
    function check(): void {
      if (deadline.left > 0) timer = setTimeout(check, deadline.left);
      // After a turn in which the event loop was blocked the answer may be there, behind the timer.
      else setImmediate(() => reject(complaint()));
    }
    work.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

export class CallRunner {
  readonly #store: string;
  readonly #own: number;
  readonly #explain: (error: unknown, operation: string) => Awaitable<SessionError>;
  #handedDown: number | undefined;
  #isClosed = false;

  /**
   * @param timeout The store's own option, in ms; a manager may set a shorter time.
   * @param explain Makes what a call failed with an error of the library.
   */
  constructor(
    store: string,
    timeout: number | undefined,
    explain: (error: unknown, operation: string) => Awaitable<SessionError>,
  ) {
    this.#store = store;
    this.#own = timeout ?? Number.POSITIVE_INFINITY;
    this.#explain = explain;
  }

  /** How long a call may take, in ms. */
  get timeout(): number {
    const own = Number.isFinite(this.#own) ? this.#own : DEFAULT_TIMEOUT;
    return this.#handedDown === undefined ? own : Math.min(this.#own, this.#handedDown);
  }

  /** The manager's limit. Of several managers of one store, the longest counts; each ends its own calls besides. */
  limitTime(timeout: number): void {
    this.#handedDown = Math.max(this.#handedDown ?? 0, timeout);
  }

  /** @throws StoreUnavailableError after `close`, and what `explain` makes of a failure. */
  async run<Result>(operation: string, work: (deadline: Deadline) => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new StoreUnavailableError(this.#store, operation, new Error("the store was closed"));
    try {
      return await work(new Deadline(this.timeout));
    } catch (error) {
      throw await this.#explain(error, operation);
    }
  }

  /** Work that no caller waits for; what fails is done again by a later call. */
  inBackground(work: () => Promise<unknown>): void {
    if (!this.#isClosed) void work().catch(() => {});
  }

  close(): void {
    this.#isClosed = true;
  }
}
