// Tells this process's listeners what every process publishes: the sessions that end. One connection for all of them,
// opened for the first and closed with the last. It knows no record.
import { createEndListeners } from "../../core/admin/end-listeners.ts";
import type { EndListener } from "../../core/record/store.ts";
import type { Commands, Listening } from "./clients.ts";
import { readEnd } from "./records.ts";

/** How long until a connection that its client gave up is opened again, in ms. */
const REOPEN_DELAY = 1_000;
/** How often a channel is asked for again, where a client may lose it, in ms. */
const RENEW_INTERVAL = 1_000;

export class Ends {
  readonly #commands: Commands;
  readonly #channel: string;
  readonly #listeners = createEndListeners("the Redis store", () => this.close());
  #connection: Promise<Listening> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(commands: Commands, channel: string) {
    this.#commands = commands;
    this.#channel = channel;
  }

  async subscribe(listener: EndListener, resumed?: () => void): Promise<() => void> {
    const unsubscribe = this.#listeners.add(listener, resumed);
    try {
      await (this.#connection ?? this.#open());
    } catch (error) {
      unsubscribe();
      throw error;
    }
    return unsubscribe;
  }

  close(): void {
    this.#listeners.clear();
    clearTimeout(this.#timer);
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.then(
      (opened) => opened.end(),
      () => {},
    );
  }

  #open(): Promise<Listening> {
    const connection = this.#commands.listen(this.#channel, (message) => this.#hear(message), {
      ended: () => this.#lost(connection),
      resumed: () => this.#listeners.resume(),
    });
    this.#connection = connection;
    connection.then(
      ({ renew }) => this.#renewAfter(connection, renew),
      () => this.#lost(connection),
    );
    return connection;
  }

  /** A connection that was given up is opened again as long as anybody listens. */
  #lost(connection: Promise<Listening>): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    if (this.#listeners.size === 0) return;
    this.#later(REOPEN_DELAY, () => {
      if (this.#connection === undefined) this.#reopen();
    });
  }

  #reopen(): void {
    this.#open().then(
      () => this.#listeners.resume(),
      () => {},
    );
  }

  #renewAfter(connection: Promise<Listening>, renew: Listening["renew"]): void {
    if (renew === undefined || this.#connection !== connection) return;
    this.#later(RENEW_INTERVAL, () => {
      renew().catch(() => {});
      this.#renewAfter(connection, renew);
    });
  }

  #later(delay: number, work: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(work, delay);
    this.#timer.unref();
  }

  #hear(message: string): void {
    const end = readEnd(message);
    if (end !== undefined) this.#listeners.tell(...end);
  }
}
