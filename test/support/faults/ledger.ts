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

export interface Ledger {
  readonly mark: string;
  /** What the visitor writes into a new session. */
  begin(): AnyData;
  /** The next write, as the fields that it sets. */
  write(): AnyData;
  /** The write was acknowledged. */
  acknowledge(written: AnyData): void;
  /** The session was created or has a new ID, and that was acknowledged; `previous` opens nothing from now on. */
  moved(previous: string | undefined): void;
  /** The end of the session was acknowledged. */
  ended(cookie: string | undefined): void;
  /** A new ID or the end of the session was asked for, and not acknowledged: it may have happened or may yet. */
  unsure(): void;
  /** Whether the session may be gone without a word. */
  readonly mayBeGone: boolean;
  /** Holds what a request found against what is known; begins anew where there is no session. */
  check(session: Session<AnyData>): void;
  /** Cookies that must open nothing. */
  readonly dead: readonly string[];
}

const FIELDS = 4;

/** @param ballast How many bytes of no meaning each write has. */
export function createLedger(name: string, losses: Losses, ballast: number): Ledger {
  const dead: string[] = [];
  let generation = 0;
  let mark = `${name}.0`;
  let next = 0;
  let exists = false;
  let mayBeGone = false;
  let acknowledged = new Map<string, number>();
  const unanswered = new Set<number>();

  function anew(): void {
    generation++;
    mark = `${name}.${generation}`;
    exists = false;
    mayBeGone = false;
    acknowledged = new Map();
  }

  function checkField(field: string, value: unknown): void {
    const known = acknowledged.get(field) ?? 0;
    if (typeof value !== "number" || value > next) losses.foreign++;
    else if (value < known && unanswered.has(value)) losses.overtaken++;
    else if (value < known) losses.writes++;
    // Each loss counts once.
    if (typeof value === "number") acknowledged.set(field, value);
  }

  return {
    dead,
    get mayBeGone() {
      return mayBeGone;
    },
    get mark() {
      return mark;
    },
    begin: () => ({ mark }),
    write() {
      next++;
      unanswered.add(next);
      const noise = ballast > 0 ? { noise: randomBytes(ballast) } : {};
      return { mark, [`field${next % FIELDS}`]: next, ...noise };
    },
    acknowledge(written) {
      exists = true;
      for (const [field, value] of Object.entries(written)) {
        if (typeof value !== "number") continue;
        unanswered.delete(value);
        acknowledged.set(field, Math.max(value, acknowledged.get(field) ?? 0));
      }
    },
    moved(previous) {
      exists = true;
      if (previous !== undefined) dead.push(previous);
    },
    ended(cookie) {
      if (cookie !== undefined) dead.push(cookie);
      anew();
    },
    unsure() {
      mayBeGone = true;
    },
    check(session) {
      if (session.isNew) {
        if (exists && !mayBeGone) losses.sessions++;
        if (exists || mayBeGone) anew();
        return;
      }
      if (session["mark"] !== mark) losses.foreign++;
      for (const field of new Set([...acknowledged.keys(), ...fieldsOf(session)]))
        checkField(field, session[field] ?? 0);
    },
  };
}

function fieldsOf(session: Session<AnyData>): string[] {
  return Object.keys(session).filter((key) => key.startsWith("field"));
}
