// Wakes a writer that sleeps before a free lock.
//
// LMDB's lock is a robust mutex. When a process is killed in the moment in which it was to wake the next one, or in which
// it was woken itself, that wake-up can be lost: the kernel passes it on only if nobody has taken the lock since. The
// sleeper then sleeps on until someone else has to wait for the lock and is woken, which without load may be never.
import { setTimeout as sleep } from "node:timers/promises";
import type { RootDatabase } from "lmdb";

/** A write that takes longer, in ms, may be asleep. It may as well wait for a slow disk: a nudge does no harm. */
const PATIENCE = 500;
/** How long the second one gets to fall asleep, in ms. */
const FALL_ASLEEP = 10;

export class Nudge {
  readonly #first: RootDatabase;
  readonly #second: RootDatabase;
  #writes = 0;
  /** When a write last began while there was none, or ended. */
  #movedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #nudging = false;

  /** Two more handles on the environment, each with a thread of its own for its transactions. */
  constructor(first: RootDatabase, second: RootDatabase) {
    this.#first = first;
    this.#second = second;
  }

  watch<Result>(write: Promise<Result>): Promise<Result> {
    if (this.#writes++ === 0) {
      this.#movedAt = performance.now();
      this.#timer = setInterval(() => this.#look(), PATIENCE);
    }
    return write.finally(() => {
      this.#movedAt = performance.now();
      if (--this.#writes === 0) clearInterval(this.#timer);
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([this.#first.close(), this.#second.close()]);
  }

  #look(): void {
    if (this.#nudging || performance.now() - this.#movedAt < PATIENCE) return;
    this.#nudging = true;
    const ended = (): void => {
      this.#nudging = false;
    };
    this.#contend().then(ended, ended);
  }

  /** One takes the lock while the other has to wait for it. The release wakes the longest sleeper, and that the next. */
  async #contend(): Promise<void> {
    let second: Promise<void> | undefined;
    await this.#first.transaction(async () => {
      second = this.#second.transaction(() => {});
      await sleep(FALL_ASLEEP);
    });
    await second;
  }
}
