// A server's clock beside ours: sessions are ended by one and counted by the other.
import { type Check, fail, ok, warn } from "./check.ts";

/** So much, in ms, nobody sees. */
const NEGLIGIBLE = 1_000;
/** So much, in ms, no synchronized clock is wrong. */
const BROKEN = 10_000;

/** @param ask The server's clock, in ms since 1970. */
export async function checkClock(id: string, ask: () => Promise<number>): Promise<Check> {
  const before = Date.now();
  const theirs = await ask();
  // It was read somewhere in between.
  const difference = Math.round(theirs - (before + Date.now()) / 2);
  const message = `Its clock is ${Math.abs(difference)} ms ${difference < 0 ? "behind" : "ahead of"} this machine's.`;
  const remedy = "Let both machines follow a time server (NTP): limits are off by as much.";
  if (Math.abs(difference) <= NEGLIGIBLE) return ok(id, "S40", message);
  return Math.abs(difference) <= BROKEN ? warn(id, "S40", message, remedy) : fail(id, "S40", message, remedy);
}
