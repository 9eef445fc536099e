// Visitors who use their sessions through a manager without pause, as an app's requests do, while something happens to
// the store; and afterwards, what each of them still has.
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setImmediate as pause, setTimeout as sleep } from "node:timers/promises";
import { SessionGoneError, StoreUnavailableError } from "../../../src/core/errors.ts";
import type { SessionManager } from "../../../src/core/manager.ts";
import type { AnyData } from "../manager.ts";
import { createVisitor } from "../visitor.ts";
import { type Action, type Actor, everything, write } from "./actions.ts";
import { Ledger, type Losses } from "./ledger.ts";

interface TrafficOptions {
  readonly sessions: SessionManager<AnyData>;
  readonly visitors: number;
  /** `writes`: each visitor has one session all the time. `all`: they also log in and out and get new IDs. */
  readonly actions: "writes" | "all";
  /** How many bytes of no meaning each write has; default 0. */
  readonly ballast?: number;
}

export interface Traffic {
  readonly losses: Losses;
  readonly counts: Counts;
  /**
   * Until so many requests more of every visitor, or of the given ones, were answered well.
   * @throws AssertionError when that takes longer than 30 s.
   */
  served(requests?: number, guests?: readonly Guest[]): Promise<void>;
  /** Ends it when the requests under way are answered. */
  stop(): Promise<void>;
  /** Opens every session and every dead cookie once more, through this manager, and counts into the losses what it finds. */
  verify(sessions: SessionManager<AnyData>): Promise<void>;
  readonly guests: readonly Guest[];
}

interface Counts {
  /** Requests that changed something and were answered well. */
  acknowledged: number;
  /** Requests that were answered with 503. */
  refused: number;
  /** What is neither: a bug, or a session that another request of the same visitor can't have ended. */
  readonly unexpected: unknown[];
  /** The longest request, in ms. */
  longest: number;
}

/** One of the visitors. */
export interface Guest extends Actor {
  /** The longest time between two of its requests that were answered well, in ms. */
  longestGap: number;
  served: number;
  servedAt: number;
  refused: number;
}

/** How long a visitor waits before it tries again, in ms. */
const PATIENCE = 10;
/** How long it may take until everything goes well again, in ms. */
const RECOVERY_LIMIT = 10 * 60_000;

export function startTraffic(t: TestContext, { sessions, visitors, actions, ballast = 0 }: TrafficOptions): Traffic {
  const losses: Losses = { writes: 0, overtaken: 0, sessions: 0, returned: 0, foreign: 0 };
  const counts: Counts = { acknowledged: 0, refused: 0, unexpected: [], longest: 0 };
  const guests = Array.from({ length: visitors }, (_, i) =>
    createGuest(sessions, `visitor${i}`, new Ledger(`visitor${i}`, losses, ballast)),
  );
  const plan: readonly Action[] = actions === "all" ? everything : [write];
  let stopped = false;

  async function live(guest: Guest, first: number): Promise<void> {
    for (let turn = first; !stopped; turn++) {
      await visit(guest, plan[turn % plan.length] ?? write, counts);
      // A store that answers at once would let nothing else run.
      await pause();
    }
  }

  const lives = guests.map(live);
  const stop = async (): Promise<void> => {
    stopped = true;
    await Promise.all(lives);
  };
  t.after(stop);
  return {
    losses,
    counts,
    guests,
    served: (requests = 1, which = guests) => untilServed(which, requests),
    stop,
    async verify(through) {
      for (const guest of guests) await verifyGuest(through, guest, losses);
    },
  };
}

function createGuest(sessions: SessionManager<AnyData>, name: string, ledger: Ledger): Guest {
  return {
    name,
    browser: createVisitor(sessions),
    ledger,
    longestGap: 0,
    served: 0,
    servedAt: performance.now(),
    refused: 0,
  };
}

async function visit(guest: Guest, action: Action, counts: Counts): Promise<void> {
  const startedAt = performance.now();
  try {
    await action(guest);
    const now = performance.now();
    counts.acknowledged++;
    guest.longestGap = Math.max(guest.longestGap, now - guest.servedAt);
    guest.servedAt = now;
    guest.served++;
  } catch (error) {
    noteFailure(guest, error, counts);
    await sleep(PATIENCE);
  } finally {
    counts.longest = Math.max(counts.longest, performance.now() - startedAt);
  }
}

function noteFailure(guest: Guest, error: unknown, counts: Counts): void {
  // One of its earlier requests, that was not acknowledged, has come through by now.
  if (error instanceof SessionGoneError && guest.ledger.mayBeGone) return;
  if (!(error instanceof StoreUnavailableError)) {
    counts.unexpected.push(error);
    return;
  }
  counts.refused++;
  guest.refused++;
}

async function untilServed(guests: readonly Guest[], requests: number): Promise<void> {
  const goals = new Map(guests.map((guest) => [guest, guest.served + requests]));
  for (const limit = performance.now() + RECOVERY_LIMIT; goals.size > 0; await sleep(5)) {
    for (const [guest, goal] of goals) if (guest.served >= goal) goals.delete(guest);
    assert.ok(performance.now() < limit, `every visitor is served again within ${RECOVERY_LIMIT} ms`);
  }
}

async function verifyGuest(sessions: SessionManager<AnyData>, guest: Guest, losses: Losses): Promise<void> {
  const { browser, ledger } = guest;
  const listed = new Set((await sessions.list(guest.name)).map(({ key }) => key));
  await createVisitor(sessions, browser.cookie).request((session) => {
    ledger.check(session);
    if (!session.isNew && session.owner !== undefined && !listed.has(session.key)) losses.sessions++;
  });
  for (const cookie of ledger.dead) {
    await createVisitor(sessions, cookie).request((session) => {
      if (!session.isNew) losses.returned++;
    });
  }
}
