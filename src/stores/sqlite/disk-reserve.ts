// Room on the disk that is kept for logouts. A full disk refuses new sessions first: they stop while there is still room
// to copy the log into the database, and a file of the reserve's size gives its room back when others have filled the disk.
import { constants, statfsSync, statSync, truncateSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { monotonicNow } from "./timers.ts";

const LARGEST = 8 * 1024 * 1024;
const SMALLEST = 256 * 1024;
/** On a small disk, the share of the free room that the reserve takes. */
const SHARE = 16;
/** What one transaction adds to the log at most, for records of usual size. */
const TRANSACTION = 1024 * 1024;
/** With so many free bytes more than are needed, the file system is asked again after so many ms only. */
const PLENTY = 128 * 1024 * 1024;
const TRUST = 100;

export class DiskReserve {
  readonly #path: string;
  readonly #bytes: number;
  #isFilling = false;
  #hasRoom = true;
  #askAgainAt = 0;

  /** @param path Of the reserve's file. It is there and empty while the reserve is used up. */
  constructor(path: string) {
    this.#path = path;
    this.#bytes = this.#size() || Math.min(LARGEST, Math.max(SMALLEST, Math.floor(this.#free() / SHARE)));
  }

  /**
   * Whether there is room for new data.
   * @param pending How many bytes the database grows by when the log is copied.
   */
  hasRoom(pending: () => number): boolean {
    const now = monotonicNow();
    if (now < this.#askAgainAt) return this.#hasRoom;
    const spare = this.#free() - pending() - this.#bytes - TRANSACTION;
    // An empty file: the reserve is used up, or a process is about to fill it. The latter takes plenty of room.
    this.#hasRoom = spare >= (this.#size() === 0 ? 2 * this.#bytes : 0);
    this.#askAgainAt = spare > PLENTY || !this.#hasRoom ? now + TRUST : 0;
    return this.#hasRoom;
  }

  /** Gives the room back to the file system: the disk is full. */
  release(): void {
    this.#hasRoom = false;
    this.#askAgainAt = monotonicNow() + TRUST;
    if (this.#size() !== undefined) truncateSync(this.#path, 0);
  }

  /** Takes the room, where it is not taken and the disk has enough. */
  async fill(): Promise<void> {
    if (this.#isFilling || (this.#size() ?? 0) > 0 || this.#free() < 3 * this.#bytes) return;
    this.#isFilling = true;
    try {
      const file = await open(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
      try {
        const { bytesWritten } = await file.write(Buffer.alloc(this.#bytes), 0, this.#bytes, 0);
        // Others have filled the disk meanwhile.
        if (bytesWritten < this.#bytes) await file.truncate(0);
      } catch {
        await file.truncate(0);
      } finally {
        await file.close();
      }
    } finally {
      this.#isFilling = false;
    }
  }

  #size(): number | undefined {
    return statSync(this.#path, { throwIfNoEntry: false })?.size;
  }

  #free(): number {
    const { bavail, bsize } = statfsSync(dirname(this.#path));
    return bavail * bsize;
  }
}
