// The answer of the adapters that have no framework above them to a request that failed.
import { SessionError } from "../../core/errors.ts";
import type { RequestSession } from "../../core/manager.ts";
import { withDuties } from "./response-headers.ts";

/**
 * Answers the library's own errors, since there is no framework here that would.
 * @throws Every other error.
 */
export async function answerFailure<Data>(
  error: unknown,
  active: RequestSession<Data> | undefined,
  isSecure: () => boolean,
): Promise<Response> {
  if (!(error instanceof SessionError) || error.status === 500) throw error;
  const response = error.getResponse();
  return active ? withDuties(response, await active.failureDuties(isSecure)) : response;
}
