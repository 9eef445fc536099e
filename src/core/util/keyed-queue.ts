// Work in line by key: what has the same key runs one after another, in this process.

/** How long work waits for its turn. */
export interface Patience {
  /** In ms. */
  readonly limit: number;
  /** Makes the error for work whose turn has not come by then; it is then not run. */
  tooLate(): Error;
}

export interface KeyedQueue {
  /**
   * Runs the work after all earlier work of the same key has ended, well or badly.
   * @param patience Default: it waits for as long as that takes.
   */
  run<Result>(key: string, work: () => Promise<Result>, patience?: Patience): Promise<Result>;
}

export function createKeyedQueue(): KeyedQueue {
  const last = new Map<string, Promise<void>>();
  return {
    run(key, work, patience) {
      const before = last.get(key);
      const turn = before ? afterTurn(before, work, patience) : work();
      // Whoever gave up has left, but those behind still wait for those before.
      const ended: Promise<void> = Promise.all([before, turn.then(nothing, nothing)]).then(() => {
        if (last.get(key) === ended) last.delete(key);
      });
      last.set(key, ended);
      return turn;
    },
  };
}

function afterTurn<Result>(
  before: Promise<void>,
  work: () => Promise<Result>,
  patience: Patience | undefined,
): Promise<Result> {
  if (!patience) return before.then(work);
  return new Promise((resolve, reject) => {
    let hasGivenUp = false;
    const timer = setTimeout(() => {
      hasGivenUp = true;
      reject(patience.tooLate());
    }, patience.limit);
    void before.then(() => {
      clearTimeout(timer);
      if (!hasGivenUp) work().then(resolve, reject);
    });
  });
}

function nothing(): void {}
