// What one visitor knows of its session: what was acknowledged, what was tried, and which cookies must open nothing.
// Whatever a request then finds is held against it.
import { randomBytes } from "node:crypto";
import type { Session } from "../../../src/core/session.ts";
import type { AnyData } from "../manager.ts";

/** Everything that was found and must not be, and what the server's own settings do not promise. */
export interface Losses {
  /** An acknowledged write is not there. */
  writes: number;
  /** No loss: an acknowledged write was overwritten by one that was sent before it, got no answer, and came late. */
  overtaken: number;
  /** A session is not there that was acknowledged. */
  sessions: number;
  /** A session that was acknowledged as ended, or an ID as given up, opens again. */
  returned: number;
  /** A session has another visitor's mark, or a field that nobody wrote. */
  foreign: number;
}

const FIELDS = 4;

export class Ledger {
  readonly #name: string;
  readonly #losses: Losses;
  readonly #ballast: number;
  readonly #dead: string[] = [];
  readonly #unanswered = new Set<number>();
  #generation = 0;
  #next = 0;
  #exists = false;
  #mayBeGone = false;
  #acknowledged = new Map<string, number>();

  /** @param losses Counted there. @param ballast How many bytes of no meaning each write has. */
  constructor(name: string, losses: Losses, ballast: number) {
    this.#name = name;
    this.#losses = losses;
    this.#ballast = ballast;
  }

  /** What no other visitor's session, and no earlier one of this visitor, has. */
  get #mark(): string {
    return `${this.#name}.${this.#generation}`;
  }

  /** Cookies that must open nothing. */
  get dead(): readonly string[] {
    return this.#dead;
  }

  /** Whether the session may be gone without a word. */
  get mayBeGone(): boolean {
    return this.#mayBeGone;
  }

  /** What the visitor writes into a new session. */
  begin(): AnyData {
    return { mark: this.#mark };
  }

  /** The next write, as the fields that it sets. */
  write(): AnyData {
    const number = ++this.#next;
    this.#unanswered.add(number);
    const noise = this.#ballast > 0 ? { noise: randomBytes(this.#ballast) } : {};
    return { mark: this.#mark, [`field${number % FIELDS}`]: number, ...noise };
  }

  /** The write was acknowledged. */
  acknowledge(written: AnyData): void {
    this.#exists = true;
    for (const [field, value] of Object.entries(written)) {
      if (typeof value !== "number") continue;
      this.#unanswered.delete(value);
      this.#acknowledged.set(field, Math.max(value, this.#acknowledged.get(field) ?? 0));
    }
  }

  /** The session was created or has a new ID, and that was acknowledged; `previous` opens nothing from now on. */
  moved(previous: string | undefined): void {
    this.#exists = true;
    if (previous !== undefined) this.#dead.push(previous);
  }

  /** The end of the session was acknowledged. */
  ended(cookie: string | undefined): void {
    if (cookie !== undefined) this.#dead.push(cookie);
    this.#beginAnew();
  }

  /** A new ID or the end of the session was asked for, and not acknowledged: it may have happened or may yet. */
  unsure(): void {
    this.#mayBeGone = true;
  }

  /** Holds what a request found against what is known; begins anew where there is no session. */
  check(session: Session<AnyData>): void {
    if (session.isNew) {
      if (this.#exists && !this.#mayBeGone) this.#losses.sessions++;
      if (this.#exists || this.#mayBeGone) this.#beginAnew();
      return;
    }
    if (session["mark"] !== this.#mark) this.#losses.foreign++;
    const fields = Object.keys(session).filter((key) => key.startsWith("field"));
    for (const field of new Set([...this.#acknowledged.keys(), ...fields])) {
      this.#checkField(field, session[field] ?? 0);
    }
  }

  #checkField(field: string, value: unknown): void {
    const known = this.#acknowledged.get(field) ?? 0;
    if (typeof value !== "number" || value > this.#next) this.#losses.foreign++;
    else if (value < known && this.#unanswered.has(value)) this.#losses.overtaken++;
    else if (value < known) this.#losses.writes++;
    // Each loss counts once.
    if (typeof value === "number") this.#acknowledged.set(field, value);
  }

  #beginAnew(): void {
    this.#generation++;
    this.#exists = false;
    this.#mayBeGone = false;
    this.#acknowledged = new Map();
  }
}
