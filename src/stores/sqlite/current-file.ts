// The database file that a store has open. It is opened anew after somebody removed or replaced it, and never again after
// a failed sync.
import type { DatabaseFile } from "./database-file.ts";
import { clearInterval, setInterval } from "./timers.ts";

/** How often the file is looked for without a write, in ms. */
const WATCH_INTERVAL = 1_000;

export class CurrentFile {
  readonly #open: () => DatabaseFile;
  readonly #onTick: (file: DatabaseFile) => void;
  readonly #timer: NodeJS.Timeout;
  #file: DatabaseFile | undefined;
  #reopening: Promise<void> | undefined;
  #failure: unknown;

  /** @param onTick Called once a second while the file is there. */
  constructor(open: () => DatabaseFile, onTick: (file: DatabaseFile) => void) {
    this.#open = open;
    this.#onTick = onTick;
    this.#file = open();
    this.#timer = setInterval(() => this.#look(), WATCH_INTERVAL).unref();
  }

  /** The file to read from. @throws what keeps the store from reading. */
  get readable(): DatabaseFile {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#file) return this.#file;
    this.#file = this.#open();
    return this.#file;
  }

  /** The file to write to; `undefined` while it is opened anew. @throws what keeps the store from writing. */
  get writable(): DatabaseFile | undefined {
    return this.#reopening ? undefined : this.readable;
  }

  /** The size of the log; `undefined` when the file is no longer in its place, and is opened anew. */
  logBytes(): number | undefined {
    const bytes = this.#reopening ? undefined : this.#file?.logBytes();
    if (bytes === undefined) this.#reopen();
    return bytes;
  }

  /** Ends the store for good. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reopening;
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #look(): void {
    if (this.#failure !== undefined || this.#file === undefined) return;
    try {
      if (this.logBytes() !== undefined) this.#onTick(this.#file);
    } catch {
      // The disk did not answer; calls will say so.
    }
  }

  /** SQLite forgets a file only when its last connection is closed, so the new one is opened after that. */
  #reopen(): void {
    const file = this.#file;
    if (file === undefined || this.#reopening) return;
    this.#reopening = file.close().finally(() => {
      this.#file = undefined;
      this.#reopening = undefined;
    });
    // What the closing says is of no use: the file is gone.
    this.#reopening.catch(() => {});
  }
}
