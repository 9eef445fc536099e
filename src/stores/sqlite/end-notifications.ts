// Tells listeners which sessions ended: those of this store at once, those of others by looking at the table of ends
// while someone listens.
import { createEndListeners } from "../../core/admin/end-listeners.ts";
import type { EndListener } from "../../core/record/store.ts";
import type { CurrentFile } from "./current-file.ts";
import type { DatabaseFile } from "./database-file.ts";
import { clearInterval, setInterval } from "./timers.ts";

/** How often other connections' ends are looked for, in ms: a listener hears within a second. */
const POLL_INTERVAL = 250;

export class EndNotifications {
  readonly #current: CurrentFile;
  readonly #listeners = createEndListeners("the SQLite store", () => this.#stopPolling());
  #timer: NodeJS.Timeout | undefined;
  /** Up to where, and in which file, the table was read. */
  #read: { readonly file: DatabaseFile; readonly dataVersion: number; readonly last: number } | undefined;

  constructor(current: CurrentFile) {
    this.#current = current;
  }

  /** Tells the listeners of an end that is stored. */
  tell(key: string, movedTo: string | undefined): void {
    this.#listeners.tell(key, movedTo);
  }

  subscribe(listener: EndListener, resumed?: () => void): () => void {
    // What ended before is for those who listened before.
    this.#poll();
    const unsubscribe = this.#listeners.add(listener, resumed);
    this.#timer ??= setInterval(() => this.#pollSafely(), POLL_INTERVAL).unref();
    return unsubscribe;
  }

  close(): void {
    this.#stopPolling();
    this.#listeners.clear();
  }

  #stopPolling(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#read = undefined;
  }

  #pollSafely(): void {
    try {
      this.#poll();
    } catch {
      // The disk did not answer. What was not read is read the next time.
    }
  }

  #poll(): void {
    const file = this.#current.readable;
    const { ends } = file;
    const dataVersion = ends.dataVersion();
    const read = this.#read;
    if (read?.file !== file) {
      this.#read = { file, dataVersion, last: ends.last() };
      // In a file that was put in the place of the other, any session may be missing.
      if (read !== undefined) this.#listeners.resume();
      return;
    }
    if (read.dataVersion === dataVersion) return;
    const { ended, last } = ends.addedByOthers(read.last);
    this.#read = { file, dataVersion, last };
    for (const { key, movedTo } of ended) this.#listeners.tell(key, movedTo);
  }
}
