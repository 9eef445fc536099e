// A clock that stands still until a test moves it. It moves no timer: what it is handed to must ask it.
import type { Clock } from "../core/record/store.ts";
import { finiteNumberOption } from "../core/util/option-checks.ts";

/** A {@link Clock} that a test moves by hand. */
export interface FakeClock extends Clock {
  /** Lets time pass, in ms. */
  advance(ms: number): void;
  /** Makes it that moment, in ms since 1970. */
  set(moment: number): void;
}

/**
 * @param start Where the clock stands at first, in ms since 1970; default now.
 * @throws SessionOptionError unless every time is a finite number.
 * @example
 * const clock = fakeClock();
 * const sessions = createSessions({ secret, clock, store: memoryStore({ clock }) });
 * clock.advance(24 * 3_600_000); // a day later
 */
export function fakeClock(start: number = Date.now()): FakeClock {
  finiteNumberOption("start", start);
  let now = start;
  return Object.assign(() => now, {
    advance: (ms: number) => {
      finiteNumberOption("ms", ms);
      now += ms;
    },
    set: (moment: number) => {
      finiteNumberOption("moment", moment);
      now = moment;
    },
  });
}
