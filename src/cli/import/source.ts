// Where sessions are copied from: how many there are, their IDs page by page, and what one holds at this moment.
// It knows no client and no target.

/** A live session of another library. */
export interface SourceSession {
  /** As the source has it. */
  readonly bytes: Buffer;
  /** How long it lives from now on, in ms, if nobody uses it; `undefined` where the source sets no end. */
  readonly timeLeft: number | undefined;
}

export interface ImportSource {
  /** For people, and to tell one source from another: without user and password. */
  readonly shown: string;
  count(): Promise<number>;
  /** The session IDs of all live sessions, page by page. One may come twice. */
  pages(): AsyncIterable<readonly string[]>;
  /** The session of each ID; `undefined` where it has ended. */
  read(ids: readonly string[]): Promise<(SourceSession | undefined)[]>;
  close(): Promise<void>;
}
