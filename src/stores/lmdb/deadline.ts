// Writes with a limit. LMDB's lock is shared by processes, and one that is stopped while it holds it would keep all others
// waiting without end.
import { inTime } from "../deadline.ts";

/** The moment, by `performance.now`, until which a call may take; `timeout` is in ms. */
export function deadlineIn(timeout: number): number {
  return performance.now() + timeout;
}

/** What the work answers, unless it takes longer; the work itself is not undone. */
export function writtenBy<Result>(deadline: number, work: Promise<Result>): Promise<Result> {
  const complaint = "LMDB did not write in time: its lock was held or its disk was slow";
  return inTime(work, deadline - performance.now(), complaint);
}
