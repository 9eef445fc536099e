// PERMANENT_SESSION_LIFETIME and SESSION_REFRESH_EACH_REQUEST: how long a session lives, and what begins that anew.

import { SessionOptionError } from "../core/errors.ts";
import type { SessionOptions } from "../core/options.ts";
import { type Duration, parseDuration } from "../core/time.ts";
import { described } from "../core/util/format-value.ts";

/** The parts that `datetime.timedelta` takes. They are added up. */
export interface Timedelta {
  readonly weeks?: number;
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly milliseconds?: number;
}

/** Seconds, as Flask's numbers are; a text such as `"31d"`; or the parts of a timedelta. */
export type Lifetime = number | Duration | Timedelta;

interface LifetimeConfig {
  readonly PERMANENT_SESSION_LIFETIME?: unknown;
  readonly SESSION_REFRESH_EACH_REQUEST?: unknown;
}

/** In ms. */
const UNITS: Readonly<Record<keyof Timedelta, number>> = {
  weeks: 7 * 24 * 3_600_000,
  days: 24 * 3_600_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1_000,
  milliseconds: 1,
};

/** Flask's own lifetime. No session lives longer in all, unless PERMANENT_SESSION_LIFETIME says more. In ms. */
const FLASK_LIFETIME = 31 * 24 * 3_600_000;

/**
 * The limits of a session. A lifetime that was set bounds the time between two visits, and 31 days or itself, whichever is
 * more, the time in all.
 * @throws SessionOptionError for what is no lifetime.
 */
export function lifetimeOf(config: LifetimeConfig): Pick<SessionOptions, "idleTimeout" | "absoluteTimeout"> {
  const { PERMANENT_SESSION_LIFETIME: given } = config;
  if (given === undefined || given === null) {
    // Where reading proves no activity, a day would log out those who only read.
    return refreshOf(config) === false ? { idleTimeout: FLASK_LIFETIME, absoluteTimeout: FLASK_LIFETIME } : {};
  }
  const lifetime = lifetimeInMs(given);
  return { idleTimeout: lifetime, absoluteTimeout: Math.max(lifetime, FLASK_LIFETIME) };
}

/** What was said of refreshing; `undefined` when nothing was. */
export function refreshOf({ SESSION_REFRESH_EACH_REQUEST: refresh }: LifetimeConfig): boolean | undefined {
  return typeof refresh === "boolean" ? refresh : undefined;
}

function lifetimeInMs(given: unknown): number {
  try {
    return parseDuration("PERMANENT_SESSION_LIFETIME", typeof given === "string" ? given : millisecondsOf(given));
  } catch {
    const requirement =
      'must be a number of seconds above zero, a string such as "30m" or "31d", or parts such as { hours: 12 }';
    throw new SessionOptionError("PERMANENT_SESSION_LIFETIME", requirement, `It is ${described(given)}.`);
  }
}

/** Not a number for what is neither seconds nor parts. */
function millisecondsOf(given: unknown): number {
  if (typeof given === "number") return given * 1000;
  if (typeof given !== "object" || given === null) return Number.NaN;
  const parts = Object.entries(given).map(([unit, count]) => Number(Reflect.get(UNITS, unit)) * Number(count));
  return parts.reduce((sum, part) => sum + part, 0);
}
