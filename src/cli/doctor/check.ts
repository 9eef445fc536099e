// What the doctor says of one thing that it has looked at.

export interface Check {
  /** Stable name: `"redis.persistence"`. */
  readonly id: string;
  /** The row of the security bar that it belongs to: `"S25"`; `null` where it belongs to none. */
  readonly row: string | null;
  /** `"warn"`: it may be meant so. `"note"`: nothing is wrong, or it could not be seen. Only `"fail"` fails. */
  readonly status: "ok" | "note" | "warn" | "fail";
  readonly message: string;
  /** What to do; `null` where there is nothing. */
  readonly remedy: string | null;
}

export function ok(id: string, row: string | null, message: string): Check {
  return { id, row, status: "ok", message, remedy: null };
}

export function note(id: string, row: string | null, message: string, remedy: string | null = null): Check {
  return { id, row, status: "note", message, remedy };
}

export function warn(id: string, row: string | null, message: string, remedy: string): Check {
  return { id, row, status: "warn", message, remedy };
}

export function fail(id: string, row: string | null, message: string, remedy: string | null): Check {
  return { id, row, status: "fail", message, remedy };
}
