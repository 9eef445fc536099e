// The files that SQLite keeps in the directory of an embedded store. Nobody else may open the first and the last while a
// store is open in the same process: closing them would drop SQLite's locks.

export const DATABASE_FILE = "sessions.sqlite";
export const LOG_FILE: string = `${DATABASE_FILE}-wal`;
/** Takes up room that is given back for logouts when the disk is full. */
export const RESERVE_FILE: string = `${DATABASE_FILE}-reserve`;
export const SQLITE_FILES: readonly string[] = [DATABASE_FILE, LOG_FILE, `${DATABASE_FILE}-shm`];
