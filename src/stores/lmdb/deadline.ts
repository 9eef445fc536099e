// A promise with a limit. LMDB's lock is shared by processes, and one that is stopped while it holds it would keep all
// others waiting without end.

/** The moment, by `performance.now`, until which a call may take; `timeout` is in ms. */
export function deadlineIn(timeout: number): number {
  return performance.now() + timeout;
}

/** What the work answers, unless it takes longer; the work itself is not undone. */
export function inTime<Result>(work: Promise<Result>, deadline: number): Promise<Result> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new Error("LMDB did not write in time: its lock was held or its disk was slow"));
    // After a turn in which the event loop was blocked the answer may be there, behind the timer.
    const timer = setTimeout(() => setImmediate(giveUp), deadline - performance.now());
    work.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}
