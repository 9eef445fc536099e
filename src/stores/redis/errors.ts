// What a client's or server's error means to the store: a wrong set-up, a foreign key, or an outage.
import {
  DataRefusedError,
  SessionError,
  SessionOptionError,
  SessionRecordError,
  StoreUnavailableError,
} from "../../core/errors.ts";

export const STORE = "redis";
/** What a user of Redis needs for every call, the scripts and the clients' greetings included. */
const COMMANDS =
  "+get +set +getrange +setrange +exists +unlink +pexpireat +persist +zadd +zrange +zrem +zremrangebyscore +zscore +time +publish +subscribe +unsubscribe +ping +eval +evalsha +info +scan +dbsize +hello +client";

/** @param mayBeUnconnected No call has succeeded yet, and the client says that it is closed. */
export function asSessionError(error: unknown, operation: string, mayBeUnconnected: boolean): SessionError {
  if (error instanceof SessionError) return error;
  if (mayBeUnconnected) {
    return new SessionOptionError(
      "client",
      "is not connected",
      "Call `await client.connect()` before the first request.",
    );
  }
  const message = error instanceof Error ? error.message : "";
  if (isOfAnotherType(error)) return new SessionRecordError("is of another type", error);
  if (/^MOVED\b/.test(message)) {
    return new SessionOptionError(
      "client",
      "is connected to one node of a Redis Cluster",
      "Make it with createCluster() of the package redis, or with new Cluster() of ioredis.",
    );
  }
  if (isForbidden(error)) {
    return new SessionOptionError(
      "client",
      "belongs to a user of Redis who lacks a permission",
      `Run \`ACL SETUSER NAME ~PREFIX* &PREFIX* ${COMMANDS}\` with the user's name and the store's prefix; scan and dbsize are for browse and count alone.`,
    );
  }
  if (/exceeds maximum allowed size/.test(message)) {
    return new DataRefusedError(
      STORE,
      operation,
      "A session must be smaller than the server's proto-max-bulk-len.",
      error,
    );
  }
  return new StoreUnavailableError(STORE, operation, error);
}

/** Whether what is under a key is no record: another program's text, or a value of another type. */
export function isNoRecord(error: unknown): boolean {
  return error instanceof SessionRecordError || isOfAnotherType(error);
}

function isOfAnotherType(error: unknown): boolean {
  return error instanceof Error && /\bWRONGTYPE\b/.test(error.message);
}

/** Whether a script is not there, so that nothing of it was done. */
export function isMissingScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}

/** Whether the server refuses a command, key or channel to this user. */
export function isForbidden(error: unknown): boolean {
  return error instanceof Error && /\bNOPERM\b/.test(error.message);
}
