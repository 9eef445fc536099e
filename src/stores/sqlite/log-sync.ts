// Syncs the log to the disk, in the thread pool: commits that come during a sync share the next one.
import { closeSync, fdatasync } from "node:fs";
import { clearTimeout, setTimeout } from "./timers.ts";

/** Called with the reason when the disk did not take the log. */
type Synced = (error: Error | undefined) => void;

export class LogSync {
  readonly #log: number;
  readonly #onFailure: (error: Error) => void;
  #waiting: Synced[] = [];
  #isRunning = false;
  #closed = false;

  /**
   * @param log A descriptor of the log, closed with this.
   * @param onFailure Called when a sync fails. The kernel reports a lost page once, so later syncs prove nothing.
   */
  constructor(log: number, onFailure: (error: Error) => void) {
    this.#log = log;
    this.#onFailure = onFailure;
  }

  /**
   * Calls back when all that was committed by now is on the disk.
   * @param timeout In ms.
   */
  whenSynced(callback: Synced, timeout: number): void {
    let timer: NodeJS.Timeout | undefined;
    const answer: Synced = (error) => {
      clearTimeout(timer);
      callback(error);
    };
    timer = setTimeout(() => {
      this.#waiting = this.#waiting.filter((waiting) => waiting !== answer);
      callback(new Error(`The disk did not take the log within ${timeout} ms.`));
    }, timeout);
    this.#waiting.push(answer);
    if (!this.#isRunning) this.#run();
  }

  close(): void {
    this.#closed = true;
    if (!this.#isRunning) closeSync(this.#log);
  }

  #run(): void {
    const answered = this.#waiting;
    this.#waiting = [];
    this.#isRunning = true;
    fdatasync(this.#log, (failure) => {
      this.#isRunning = false;
      if (failure) this.#onFailure(failure);
      for (const answer of answered) answer(failure ?? undefined);
      if (this.#waiting.length > 0) this.#run();
      else if (this.#closed) closeSync(this.#log);
    });
  }
}
