// What the library tells about its work, for logs and counters. No event carries an ID, a cookie's value or a secret;
// `key` is the ID's SHA-256 and opens nothing.
import type { RefusalReason } from "./id.ts";

/** Something that happened. `key` names the session, `owner` its user where it has one. */
export type SessionEvent =
  | { type: "created"; key: string; owner: string | undefined }
  | { type: "regenerated"; key: string; previousKey: string; owner: string | undefined }
  | { type: "login"; key: string; owner: string }
  | { type: "destroyed"; key: string; owner: string | undefined }
  | { type: "revoked"; key?: string; owner?: string; count: number }
  /** A cookie opened nothing: no signed ID at all, signed by no secret of ours, or signed but with no live record. */
  | { type: "refused"; reason: RefusalReason | "unknown" }
  /** A request's changes came too late, since its session had ended. */
  | { type: "gone"; key: string }
  | { type: "swept"; count: number }
  /** The store fails call after call and is asked once a second only; it answers again. */
  | { type: "unavailable" | "recovered"; store: string }
  /** A session could not be read; or work has failed that no request waits for. */
  | { type: "error"; operation: "load" | "touch" | "sweep" | "save" | "subscribe"; error: unknown };

export type SessionEventListener = (event: SessionEvent) => void;

/** Calls the listener; what it throws is a warning of the process and never an error of the request. */
export function createEmitter(listener: SessionEventListener | undefined): SessionEventListener {
  if (!listener) return () => {};
  return (event) => {
    try {
      listener(event);
    } catch (error) {
      process.emitWarning(
        `onEvent threw: ${error instanceof Error ? error.message : String(error)}`,
        "CoatcheckWarning",
      );
    }
  };
}
