// Puts the writes of a turn of the event loop into one transaction, and answers them when it is stored. A call is a
// function that reads, decides and writes, alone in the database at that moment.
import type { CurrentFile } from "./current-file.ts";
import type { DatabaseFile } from "./database-file.ts";
import { asSessionError, endsTransaction, isBusy, isDiskFull } from "./errors.ts";
import { monotonicNow, setImmediate, setTimeout } from "./timers.ts";

/** `disk`: a call is answered when the disk has it. `process`: when the operating system has it. */
export type Durability = "disk" | "process";

/** What one transaction may hold: as many calls, or as many ms of calls, whichever comes first. */
const MAX_CALLS = 256;
const MAX_TIME = 1;
/** How long a refused transaction waits before it tries again, in ms, with chance so that processes do not meet again. */
const MIN_PAUSE = 1;
const MAX_PAUSE = 10;

const DISK_IS_NEARLY_FULL =
  "The disk is nearly full, and what is left is kept for calls that end sessions. Make room on it.";

interface Call {
  readonly operation: string;
  readonly run: (file: DatabaseFile) => unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly deadline: number;
  /** Whether it needs room on the disk; otherwise it may use the reserve. */
  readonly grows: boolean;
  answer?: unknown;
  /** What the call itself threw, before it wrote anything. */
  error?: unknown;
}

export class WriteQueue {
  readonly #current: CurrentFile;
  readonly #durability: Durability;
  readonly #ownTimeout: number;
  /** The longest time limit of a manager. */
  #managersTimeout: number | undefined;
  readonly #onDrained: (() => void)[] = [];
  #queue: Call[] = [];
  #isScheduled = false;
  #unanswered = 0;
  #isUnsynced = false;

  /** @param timeout How long a call may wait, in ms. */
  constructor(current: CurrentFile, durability: Durability, timeout: number) {
    this.#current = current;
    this.#durability = durability;
    this.#ownTimeout = timeout;
  }

  limitTime(timeout: number): void {
    this.#managersTimeout = Math.max(this.#managersTimeout ?? 0, timeout);
  }

  get #timeout(): number {
    return Math.min(this.#ownTimeout, this.#managersTimeout ?? Number.POSITIVE_INFINITY);
  }

  /**
   * Runs a call in the next transaction and returns its answer when that is stored.
   * @param run Must not throw after its first write, except what SQLite throws.
   * @param grows Whether it needs room on the disk; otherwise it may use the reserve.
   */
  perform<Answer>(operation: string, run: (file: DatabaseFile) => Answer, grows = false): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      const deadline = monotonicNow() + this.#timeout;
      this.#queue.push({ operation, run, resolve: resolve as (answer: unknown) => void, reject, deadline, grows });
      this.#unanswered++;
      this.#schedule();
    });
  }

  /** Resolves when all calls are answered. */
  drained(): Promise<void> {
    if (this.#unanswered === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onDrained.push(resolve));
  }

  /** Lets the disk have what was answered before it had it, and takes back the reserve when there is room again. */
  everySecond(file: DatabaseFile): void {
    if (this.#isUnsynced) file.sync.whenSynced(() => {}, this.#timeout);
    this.#isUnsynced = false;
    // Without a reserve the store works as well, and the next second tries again.
    file.reserve.fill().catch(() => {});
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isScheduled = false;
    try {
      const file = this.#current.writable;
      if (file === undefined || !this.#begin(file)) this.#tryLater();
      else this.#transaction(file);
    } catch (error) {
      this.#answerAll(this.#queue.splice(0), error);
    }
    if (this.#queue.length > 0) this.#schedule();
  }

  /** `false` when the transaction has to wait: for another process, for the log, or for the file. */
  #begin(file: DatabaseFile): boolean {
    const logBytes = this.#current.logBytes();
    if (logBytes === undefined || file.checkpoints?.mayWrite(logBytes) === false) return false;
    try {
      file.begin();
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    }
    file.checkpoints?.noteTransaction(logBytes);
    return true;
  }

  #tryLater(): void {
    const now = monotonicNow();
    const late = this.#queue.filter(({ deadline }) => deadline <= now);
    this.#queue = this.#queue.filter(({ deadline }) => deadline > now);
    this.#answerAll(late, new Error("The database was locked by another process, or its log could not be shortened."));
    if (this.#queue.length === 0) return;
    this.#isScheduled = true;
    setTimeout(() => this.#turn(), MIN_PAUSE + Math.random() * (MAX_PAUSE - MIN_PAUSE));
  }

  #transaction(file: DatabaseFile): void {
    const calls: Call[] = [];
    try {
      this.#runCalls(file, calls);
      file.commit();
    } catch (error) {
      file.rollback();
      this.#failed(file, calls, error);
      return;
    }
    if (this.#durability === "process") {
      this.#isUnsynced = true;
      this.#answerAll(calls);
    } else {
      // Answers such as "gone" wait as well: they may stand on a commit that is not on the disk yet.
      file.sync.whenSynced((error) => this.#answerAll(calls, error), this.#timeout);
    }
  }

  /** On a full disk, calls that need no more room than before wait until the log is copied into the reserve's room. */
  #failed(file: DatabaseFile, calls: readonly Call[], error: unknown): void {
    if (!isDiskFull(error)) {
      this.#answerAll(calls, error);
      return;
    }
    file.reserve.release();
    file.checkpoints?.restartFirst();
    this.#answerAll(
      calls.filter(({ grows }) => grows),
      error,
    );
    this.#queue.unshift(...calls.filter(({ grows }) => !grows));
    this.#tryLater();
  }

  /** Moves calls from the queue and runs them. The clock limits how long requests wait for the event loop. */
  #runCalls(file: DatabaseFile, calls: Call[]): void {
    const hasRoom = !this.#queue.some(({ grows }) => grows) || file.hasRoom();
    // While there is room for it: what ends sessions from now on writes to the log again from its beginning.
    if (!hasRoom) file.checkpoints?.restartFirst();
    const end = monotonicNow() + MAX_TIME;
    try {
      for (const call of this.#queue) {
        if (calls.length === MAX_CALLS || (calls.length > 0 && monotonicNow() > end)) break;
        calls.push(call);
        if (call.grows && !hasRoom) call.error = new Error(DISK_IS_NEARLY_FULL);
        else runCall(call, file);
      }
    } finally {
      this.#queue.splice(0, calls.length);
    }
  }

  #answerAll(calls: readonly Call[], error?: unknown): void {
    for (const call of calls) answerCall(call, error);
    this.#unanswered -= calls.length;
    if (this.#unanswered === 0) for (const resolve of this.#onDrained.splice(0)) resolve();
  }
}

/** @throws what the database throws, with which the transaction ends. */
function runCall(call: Call, file: DatabaseFile): void {
  try {
    call.answer = call.run(file);
  } catch (error) {
    if (endsTransaction(error)) throw error;
    call.error = error;
  }
}

function answerCall({ operation, resolve, reject, answer, error: own }: Call, error: unknown): void {
  const failure = error ?? own;
  if (failure === undefined) resolve(answer);
  else reject(asSessionError(failure, operation));
}
