// Waiting for what another process, a server or a browser does. No test is decided by how long that takes.
import { setTimeout as sleep } from "node:timers/promises";

/** Far from what anything takes on a machine that is busy with other work, so that only what never comes fails. In ms. */
const LIMIT = 10 * 60_000;

/**
 * Waits until something is there.
 * @param look Returns it; `undefined` and `false` mean "not yet".
 * @param what Named in the error, or a function that returns the text.
 * @param pause Between two looks, in ms.
 * @throws Error when it never comes.
 */
export async function until<Found>(
  what: string | (() => string),
  look: () => Found | undefined | false | Promise<Found | undefined | false>,
  pause = 10,
): Promise<Found> {
  for (const limit = Date.now() + LIMIT; ; await sleep(pause)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > limit) throw new Error(`It never came: ${typeof what === "string" ? what : what()}`);
  }
}
