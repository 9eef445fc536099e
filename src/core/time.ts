// How long sessions live: durations, the idle and the absolute limit, and when activity is worth a write.
import ms from "ms";
import { SessionOptionError } from "./errors.ts";
import type { Clock } from "./record/store.ts";
import { described } from "./util/format-value.ts";

/** A number of milliseconds, or a text with a unit, such as `"30m"` or `"1d"`. Units: ms, s, m, h, d, w, y. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d" | "w" | "y"}`;

/** Activity moves the expiry at most this often, in ms, so that a busy reader costs one write a minute at most. */
const MAX_TOUCH_INTERVAL = 60_000;

/** A thousand years, in ms: any longer is a slip, and dates would overflow. */
const MAX_DURATION = 1000 * 365 * 24 * 60 * 60 * 1000;

/** @throws SessionOptionError when the text is no duration, or the duration is not above zero. */
export function parseDuration(option: string, value: unknown): number {
  const parsed: unknown = typeof value === "string" && /^[\d.]+(ms|[smhdwy])$/.test(value) ? ms(value as "1d") : value;
  if (typeof parsed === "number" && parsed > 0 && parsed <= MAX_DURATION) return Math.ceil(parsed);
  throw new SessionOptionError(
    option,
    'must be a number of milliseconds above zero, or a string such as "30m", "12h" or "31d"',
    `It is ${described(value)}. Correct it, or leave it out.`,
  );
}

/** The limits of one manager, in ms, and the clock they are measured by. */
export interface Limits {
  readonly clock: Clock;
  readonly idle: number;
  readonly absolute: number;
}

/** When a session that is active now and began at `createdAt` ends, if nothing else happens. */
export function expiryOf(limits: Limits, createdAt: number, now: number): number {
  return Math.min(now + limits.idle, createdAt + limits.absolute);
}

/**
 * Whether moving the expiry is worth a write.
 * @param lifetime How long the session lives without activity, in ms.
 */
export function isTouchDue(lifetime: number, storedExpiry: number, nextExpiry: number): boolean {
  return nextExpiry - storedExpiry >= touchInterval(lifetime);
}

/** How far activity must move the expiry, in ms: a tenth of the session's lifetime, and no more than a minute. */
export function touchInterval(lifetime: number): number {
  return Math.min(lifetime / 10, MAX_TOUCH_INTERVAL);
}
