// Copies the log into the database on a thread with a connection of its own, so that the event loop never waits for the
// syncs of a checkpoint, and keeps the log short.
import type { Worker } from "node:worker_threads";

const MEGABYTE = 1024 * 1024;
/** A checkpoint is due after so many transactions of this process, or when the log has grown by so much. */
const TRANSACTIONS = 500;
const GROWTH = 4 * MEGABYTE;
/** Above this size of the log's file, writes wait until the log starts over. */
const LOG_LIMIT = 32 * MEGABYTE;
/** From so many pages on, the log is not only copied but made to start over. */
const RESTART_PAGES = 1_024;
/** How long a checkpoint waits for readers, in ms: it keeps out writers meanwhile. */
const BUSY_TIMEOUT = 20;

/**
 * The thread's program, as text so that bundlers need no file for it. It must open the database by the SQLite that this
 * process has open already: a second copy of the library would drop its locks.
 */
const PROGRAM = `
const { parentPort, workerData: path } = process.getBuiltinModule("node:worker_threads");
process.emitWarning = () => {};
const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
const database = new DatabaseSync(path);
database.exec("PRAGMA busy_timeout = ${BUSY_TIMEOUT}; PRAGMA synchronous = NORMAL; PRAGMA checkpoint_fullfsync = 1");
const passive = database.prepare("PRAGMA wal_checkpoint(PASSIVE)");
const restart = database.prepare("PRAGMA wal_checkpoint(RESTART)");
function checkpoint(mustRestart) {
  try {
    const { log } = passive.get();
    if (!mustRestart && log < ${RESTART_PAGES}) return { startsOver: false };
    const { busy } = restart.get();
    return { startsOver: busy === 0 };
  } catch ({ message, errcode }) {
    return { startsOver: false, failure: { message, errcode } };
  }
}
parentPort.on("message", (message) => {
  if (message !== "close") return parentPort.postMessage(checkpoint(message === "restart"));
  database.close();
  parentPort.close();
});`;

export interface CheckpointResult {
  /** The next commit begins the log anew. */
  readonly startsOver: boolean;
  readonly failure?: { readonly message: string; readonly errcode: number };
}

export class Checkpoints {
  readonly #path: string;
  readonly #onFailure: (failure: { message: string; errcode: number }) => void;
  #thread: Worker | undefined;
  #isRunning = false;
  #transactions = 0;
  /** The size of the log's file at the last checkpoint. A log that starts over keeps its file. */
  #checkedBytes = 0;
  #startsOver = false;
  /** The disk was full: the log must be copied into what room there is before anybody writes to it. */
  #mustRestart = false;
  #isRestart = false;

  constructor(path: string, onFailure: (failure: { message: string; errcode: number }) => void) {
    this.#path = path;
    this.#onFailure = onFailure;
  }

  /** Whether a transaction may begin now. Otherwise a checkpoint is under way, after which it may. */
  mayWrite(logBytes: number): boolean {
    if ((logBytes <= LOG_LIMIT && !this.#mustRestart) || this.#startsOver) return true;
    this.#run("restart");
    return false;
  }

  /** @param logBytes The size of the log's file. */
  noteTransaction(logBytes: number): void {
    this.#startsOver = false;
    this.#transactions++;
    if (logBytes < this.#checkedBytes) this.#checkedBytes = logBytes;
    if (this.#transactions < TRANSACTIONS && logBytes - this.#checkedBytes < GROWTH) return;
    this.#checkedBytes = logBytes;
    this.#run("copy");
  }

  /** Lets no transaction begin before the thread has tried to let the log start over. */
  restartFirst(): void {
    this.#mustRestart = true;
    this.#run("restart");
  }

  #run(what: "copy" | "restart"): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#isRestart = what === "restart";
    this.#transactions = 0;
    this.#thread ??= this.#start();
    this.#thread.postMessage(what);
  }

  /** Resolves when the thread has closed its connection. */
  close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    if (thread === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      thread.once("exit", () => resolve());
      thread.ref();
      thread.postMessage("close");
    });
  }

  #start(): Worker {
    // Not imported: where no embedded store is used, no runtime needs to have threads.
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    const thread = new Worker(PROGRAM, { eval: true, workerData: this.#path, execArgv: [] });
    thread.unref();
    thread.on("message", (result: CheckpointResult) => this.#ended(result));
    // The database was removed, say; what is under way finds that out. A later checkpoint starts another thread.
    thread.on("error", () => this.#ended({ startsOver: false }));
    thread.once("exit", () => {
      if (this.#thread === thread) this.#thread = undefined;
    });
    return thread;
  }

  #ended({ startsOver, failure }: CheckpointResult): void {
    this.#isRunning = false;
    this.#startsOver = startsOver;
    if (this.#isRestart) this.#mustRestart = false;
    if (failure) this.#onFailure(failure);
  }
}
