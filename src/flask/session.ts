// The type of the session in a view. It knows no request.
import type { SessionValue } from "../core/record/codec.ts";
import type { Session, SessionData } from "../core/session/types.ts";

/**
 * The keys of `session`: any, until you declare yours in `SessionData`, for the whole program:
 *
 * @example
 * declare module "coatcheck" {
 *   interface SessionData { username?: string }
 * }
 */
export type FlaskSessionData = keyof SessionData extends never
  ? // `undefined` is what an absent key reads as. Assigning it throws, as nothing can store it.
    Record<string, SessionValue | undefined>
  : SessionData;

/** What `session` is in a view. */
export type FlaskSession = Session<FlaskSessionData>;
