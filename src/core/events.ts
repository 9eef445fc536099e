// What the library tells about its work, for logs and counters. No event carries an ID, a cookie's value or a secret;
// `key` is the ID's SHA-256 and opens nothing.
import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import type { RefusalReason } from "./request/session-id.ts";

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
  /** A session could not be read, which `key` names where it is known; or work has failed that no request waits for. */
  | {
      type: "error";
      operation: "load" | "list" | "touch" | "sweep" | "save" | "subscribe";
      error: unknown;
      key?: string | undefined;
    };

export type SessionEventListener = (event: SessionEvent) => void;

/** What the channel `coatcheck.event` of `node:diagnostics_channel` carries. */
export interface EventMessage {
  /** Names the manager: the name of its cookie. */
  readonly cookieName: string;
  readonly event: SessionEvent;
}

const CHANNEL = "coatcheck.event";
const messages = channel(CHANNEL);

/** Who hears of events. */
interface Events {
  readonly emit: SessionEventListener;
  /** Adds a listener. Answers a function that takes it away. */
  listen(listener: SessionEventListener): () => void;
}

/**
 * Tells the listeners and the diagnostics channel; what a listener throws is a warning of the process and never an error
 * of the request.
 */
export function createEvents(cookieName: string, first: SessionEventListener | undefined): Events {
  const listeners = new Set<{ readonly hear: SessionEventListener }>();

  function listen(hear: SessionEventListener): () => void {
    const listener = { hear };
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  if (first) listen(first);
  return {
    listen,
    emit(event) {
      for (const { hear } of listeners) tell(hear, event);
      if (messages.hasSubscribers) messages.publish({ cookieName, event } satisfies EventMessage);
    },
  };
}

/**
 * Calls the listener for the events of all managers of this process whose cookie has this name. An app that is bundled in
 * parts has a manager in each part.
 *
 * @returns A function that ends it.
 */
export function listenInProcess(cookieName: string, hear: SessionEventListener): () => void {
  const onMessage = (message: unknown): void => {
    const { cookieName: name, event } = message as EventMessage;
    if (name === cookieName) tell(hear, event);
  };
  subscribe(CHANNEL, onMessage);
  return () => void unsubscribe(CHANNEL, onMessage);
}

function tell(hear: SessionEventListener, event: SessionEvent): void {
  try {
    hear(event);
  } catch (error) {
    process.emitWarning(`onEvent threw: ${error instanceof Error ? error.message : String(error)}`, "CoatcheckWarning");
  }
}
