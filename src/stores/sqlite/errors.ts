// SQLite's errors, and what callers of the store get for them.
import { DataRefusedError, SessionError, StoreUnavailableError } from "../../core/errors.ts";

export const STORE = "sqlite";

const BUSY = 5;
const FULL = 13;
const CONSTRAINT = 19;
const NOT_A_DATABASE = 26;
/** Extended result codes keep the kind of error in the lowest byte. */
const PRIMARY_CODE = 0xff;

/** SQLite's primary result code; `undefined` for every other error. */
function sqliteCode(error: unknown): number | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, "errcode") : undefined;
  return typeof code === "number" ? code & PRIMARY_CODE : undefined;
}

/** Another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error) === BUSY;
}

export function isDiskFull(error: unknown): boolean {
  return sqliteCode(error) === FULL;
}

export function isForeignFile(error: unknown): boolean {
  return sqliteCode(error) === NOT_A_DATABASE;
}

/** The database failed, rather than one statement: the transaction cannot go on. */
export function endsTransaction(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && code !== CONSTRAINT;
}

/** Not an outage: the same call would fail again, and others are served. */
export function keyIsTaken(operation: string): DataRefusedError {
  return new DataRefusedError(STORE, operation, "The new key must be one that no other record has.");
}

export function asSessionError(error: unknown, operation: string): SessionError {
  if (error instanceof SessionError) return error;
  if (sqliteCode(error) === CONSTRAINT) return keyIsTaken(operation);
  return new StoreUnavailableError(STORE, operation, error);
}

const FSYNC_FAILED = 1_034;
const DIRECTORY_FSYNC_FAILED = 1_290;

/** @param errcode SQLite's extended result code. */
export function isFailedSync(errcode: number): boolean {
  return errcode === FSYNC_FAILED || errcode === DIRECTORY_FSYNC_FAILED;
}
