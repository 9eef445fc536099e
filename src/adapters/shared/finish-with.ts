// Stores a session before its Response is handed on. For adapters whose handlers return a Response.
import type { RequestSession } from "../../core/manager.ts";
import { discard, storeLateChanges } from "./late-changes.ts";
import { withDuties } from "./response-headers.ts";

/** Returns the response to send. @throws The errors of `finish`; the body's source is told that nobody will read it. */
export async function finishWith(
  response: Response,
  session: RequestSession<unknown>,
  isSecure: () => boolean,
): Promise<Response> {
  try {
    const duties = await session.finish(isSecure);
    return withDuties(await storeLateChanges(response, session), duties);
  } catch (error) {
    discard(response);
    throw error;
  }
}
