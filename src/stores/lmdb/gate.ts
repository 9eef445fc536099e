// Keeps the opening of an LMDB environment apart from the writes of other processes.
//
// The LMDB in the package lmdb (3.5.6) has ITS#9496: who opens an environment sets the number of its last transaction to
// what was read a moment before. A commit in between is undone by the next one, and pages are then used twice. So who
// opens closes the gate and waits until nobody writes; who writes says so, and then looks whether the gate is closed.
//
// Both are said by files, so that no lock is held by a dead process: a file names its process, and grows old.
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Made by each process when it opens; holds YES while it writes. */
const WRITER = "writer";
/** There while a process opens. */
const OPENER = "opener";
const YES = "1";
const NO = "0";

/** How long to wait before looking again, in ms. */
const LOOK_INTERVAL = 2;
/** How often who writes without a pause says so again, in ms. */
const SAY_INTERVAL = 1_000;
/** For so long, in ms, a process is believed to write, or to open. Then it is dead, and another one has its number. */
const BELIEVED = { [WRITER]: 4_000, [OPENER]: 10_000 } as const;

type Kind = keyof typeof BELIEVED;

export class Gate {
  readonly #directory: string;
  readonly #name = `${process.pid}-${randomBytes(8).toString("hex")}`;
  #file: number;
  #writes = 0;
  #saidAt = 0;
  /** The gate was seen open in this turn of the event loop, and this process has been writing ever since. */
  #seenOpen = false;
  /** Writes that wait for the gate, in order. */
  #waiting: (() => void)[] | undefined;
  #ended = false;

  constructor(directory: string) {
    this.#directory = join(directory, "gate");
    mkdirSync(this.#directory, { mode: 0o700, recursive: true });
    this.#file = this.#makeFile();
  }

  /**
   * Runs what must not meet a write or an opening of another process. Blocks.
   * @param timeout How long it waits for others, in ms; less than an opener is believed.
   */
  closedFor<Result>(timeout: number, work: () => Result): Result {
    const deadline = performance.now() + timeout;
    const sign = join(this.#directory, `${OPENER}-${this.#name}`);
    try {
      this.#close(sign, deadline);
      this.#awaitSilence(deadline);
      return work();
    } finally {
      rmSync(sign, { force: true });
    }
  }

  /** Runs a write: at once or, when the gate is closed, later. Writes begin in the order of the calls. */
  pass<Result>(write: () => Promise<Result>): Promise<Result> {
    if (this.#waiting === undefined) {
      if (this.#enter()) return write().finally(() => this.#leave());
      this.#waiting = [];
      void this.#awaitOpening();
    }
    const waiting = this.#waiting;
    return new Promise((resolve, reject) => {
      waiting.push(() => {
        this.#writes++;
        write()
          .finally(() => this.#leave())
          .then(resolve, reject);
      });
    });
  }

  /** Keeps what cleans temporary directories from taking the file for a forgotten one. */
  markInUse(): void {
    if (fstatSync(this.#file).nlink === 0) {
      closeSync(this.#file);
      this.#file = this.#makeFile();
    }
    this.#say(this.#writes > 0 ? YES : NO);
  }

  close(): void {
    this.#ended = true;
    closeSync(this.#file);
    rmSync(join(this.#directory, `${WRITER}-${this.#name}`), { force: true });
  }

  #makeFile(): number {
    mkdirSync(this.#directory, { mode: 0o700, recursive: true });
    return openSync(join(this.#directory, `${WRITER}-${this.#name}`), "w", 0o600);
  }

  #say(answer: typeof YES | typeof NO): void {
    if (this.#ended) return;
    writeSync(this.#file, answer, 0);
    this.#saidAt = performance.now();
  }

  /** Whether this process may write; then `#leave` follows. */
  #enter(): boolean {
    if (this.#writes === 0 || performance.now() - this.#saidAt > SAY_INTERVAL) this.#say(YES);
    this.#writes++;
    let isOpen = false;
    try {
      // Said first and looked then: either this sees the gate closed, or who closed it sees this.
      isOpen = this.#isOpen();
      return isOpen;
    } finally {
      if (!isOpen) this.#leave();
    }
  }

  #leave(): void {
    if (--this.#writes > 0) return;
    this.#seenOpen = false;
    this.#say(NO);
  }

  #isOpen(): boolean {
    // Who writes without a pause must look now and then, or nobody else could ever open.
    if (this.#seenOpen) return true;
    if (this.#others(OPENER).length > 0) return false;
    this.#seenOpen = true;
    setImmediate(() => {
      this.#seenOpen = false;
    });
    return true;
  }

  async #awaitOpening(): Promise<void> {
    while (!this.#ended) {
      await sleep(LOOK_INTERVAL);
      try {
        if (this.#runWaiting()) return;
      } catch {
        // The directory can't be read now. Those who wait have their deadlines.
      }
    }
  }

  #runWaiting(): boolean {
    if (!this.#enter()) return false;
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const write of waiting) write();
    this.#leave();
    return true;
  }

  /** Only who sees no other sign after setting its own may open. Of two that see each other, one takes its sign back. */
  #close(sign: string, deadline: number): void {
    for (;;) {
      writeFileSync(sign, "", { mode: 0o600 });
      let others = this.#others(OPENER);
      while (others.length > 0 && others.every((other) => other > `${OPENER}-${this.#name}`)) {
        block(LOOK_INTERVAL, deadline);
        others = this.#others(OPENER);
      }
      if (others.length === 0) return;
      rmSync(sign);
      block(LOOK_INTERVAL * (1 + Math.random()), deadline);
    }
  }

  #awaitSilence(deadline: number): void {
    // Twice, since what another processor wrote may be seen a moment later.
    for (let quiet = 0; quiet < 2; ) {
      const writers = this.#others(WRITER);
      if (writers.length === 0) return;
      quiet = writers.some((name) => this.#read(name) === YES) ? 0 : quiet + 1;
      block(LOOK_INTERVAL, deadline);
    }
  }

  /** The signs of one kind of the other processes that live. Those of dead ones are cleared away. */
  #others(kind: Kind): string[] {
    return readdirSync(this.#directory).filter((name) => {
      const [itsKind, pid] = name.split("-");
      if (itsKind !== kind || Number(pid) === process.pid) return false;
      // A writer's file that is old says nothing, and is kept.
      if (isAlive(Number(pid)) && (kind === WRITER || this.#isBelieved(kind, name))) return true;
      rmSync(join(this.#directory, name), { force: true });
      return false;
    });
  }

  #isBelieved(kind: Kind, name: string): boolean {
    const stats = statSync(join(this.#directory, name), { throwIfNoEntry: false });
    return stats !== undefined && Date.now() - stats.mtimeMs < BELIEVED[kind];
  }

  #read(name: string): string {
    try {
      return this.#isBelieved(WRITER, name) ? readFileSync(join(this.#directory, name), "latin1") : NO;
    } catch {
      // It has gone since the directory was read.
      return NO;
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It may not be signalled by us, but it is there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the thread for so long, in ms. */
function block(duration: number, deadline: number): void {
  if (performance.now() > deadline) throw new Error("other processes did not make way for this one to open");
  Atomics.wait(sleeper, 0, 0, duration);
}
