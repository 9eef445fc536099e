// A promise with a limit, for work that nothing can stop. It knows nothing of the work.

/**
 * What the work answers, unless it takes longer; the work itself is not undone.
 * @param timeout In ms.
 * @param complaint What the error says when time is up.
 */
export function inTime<Result>(
  work: Promise<Result>,
  timeout: number,
  complaint = `no answer within ${timeout} ms`,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new Error(complaint));
    // After a turn in which the event loop was blocked the answer may be there, behind the timer.
    const timer = setTimeout(() => setImmediate(giveUp), timeout);
    work.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}
