// Keeps the opening of an LMDB environment apart from the writes of all other processes.
//
// The LMDB in the package lmdb (3.5.6) has ITS#9496: whoever opens an environment sets the number of the last transaction
// to what it read a moment before. A commit in between is then undone by the next one, and pages are used twice. So a
// process that opens closes the gate and waits until nobody writes; a process that writes says so and looks at the gate.
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RootDatabase, Transaction } from "lmdb";

/** How long an opening waits between two looks at who writes, in ms. */
const LOOK_INTERVAL = 2;
/** A line of LMDB's list of readers: process, thread and transaction. Of a process that does not read, that is a dash. */
const READER = /^\s*(\d+)\s+\S+\s+\d+$/;

const GATE = "gate.mdb";
const CLOSED = "opening";

/** The files of a gate in its directory. */
export const GATE_FILES: readonly string[] = [GATE, `${GATE}-lock`, CLOSED];

/**
 * The gate is an environment of its own that is never written to, so that its opening harms nobody. Its lock is held by
 * the process that opens, and its readers are the processes that write: LMDB takes both from a process that dies.
 */
export class Gate {
  readonly #environment: RootDatabase<string, string>;
  readonly #closed: string;
  #writes = 0;
  #writing: Transaction | undefined;
  /** Writes that wait for the gate, in order. */
  #waiting: (() => void)[] | undefined;

  constructor(open: (path: string) => RootDatabase<string, string>, directory: string) {
    this.#environment = open(join(directory, GATE));
    this.#closed = join(directory, CLOSED);
  }

  /**
   * Runs what must not meet a write.
   * @param timeout How long it waits for those who write, in ms.
   */
  closedFor(timeout: number, work: () => void): void {
    this.#environment.transactionSync(() => {
      writeFileSync(this.#closed, "", { mode: 0o600 });
      try {
        this.#awaitSilence(performance.now() + timeout);
        work();
      } finally {
        rmSync(this.#closed, { force: true });
      }
    });
  }

  /** Runs a write: at once or, when the gate is closed, later. Writes run in the order of the calls. */
  pass<Result>(write: () => Promise<Result>): Promise<Result> {
    if (this.#waiting === undefined) {
      this.#enter();
      // Said first and looked then: either this sees the gate closed, or who closed it sees this.
      if (!existsSync(this.#closed)) return write().finally(() => this.#leave());
      this.#leave();
      this.#waiting = [];
      void this.#awaitOpening();
    }
    const waiting = this.#waiting;
    return new Promise((resolve, reject) => {
      waiting.push(() => {
        this.#enter();
        write()
          .finally(() => this.#leave())
          .then(resolve, reject);
      });
    });
  }

  close(): Promise<void> {
    return this.#environment.close();
  }

  #enter(): void {
    if (this.#writes++ === 0) this.#writing = this.#environment.useReadTransaction();
  }

  #leave(): void {
    if (--this.#writes > 0) return;
    this.#writing?.done();
    // Otherwise it would be seen until the next timer.
    this.#environment.resetReadTxn();
  }

  async #awaitOpening(): Promise<void> {
    do {
      // Who has the lock is no longer opening: the other is done or dead.
      await this.#environment
        .transaction(() => rmSync(this.#closed, { force: true }))
        .catch(() => sleep(LOOK_INTERVAL));
    } while (!this.#runWaiting());
  }

  #runWaiting(): boolean {
    this.#enter();
    try {
      if (existsSync(this.#closed)) return false;
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      for (const write of waiting) write();
      return true;
    } finally {
      this.#leave();
    }
  }

  /** Blocks until no other process has said that it writes. What this process has under way does no harm. */
  #awaitSilence(deadline: number): void {
    const sleeper = new Int32Array(new SharedArrayBuffer(4));
    // Twice, since what another processor wrote may be seen a moment later.
    for (let quiet = 0; quiet < 2; ) {
      Atomics.wait(sleeper, 0, 0, LOOK_INTERVAL);
      this.#environment.readerCheck();
      quiet = this.#othersWrite() ? 0 : quiet + 1;
      if (performance.now() > deadline) throw new Error("another process did not finish its writes");
    }
  }

  #othersWrite(): boolean {
    const readers = this.#environment.readerList().split("\n");
    return readers.some((line) => {
      const pid = READER.exec(line)?.[1];
      return pid !== undefined && Number(pid) !== process.pid;
    });
  }
}
