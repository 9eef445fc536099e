// Work in line by key: what has the same key runs one after another, in this process.

export interface KeyedQueue {
  /** Runs the work after all earlier work of the same key has ended, well or badly. */
  run<Result>(key: string, work: () => Promise<Result>): Promise<Result>;
}

export function createKeyedQueue(): KeyedQueue {
  const last = new Map<string, Promise<void>>();
  return {
    run(key, work) {
      const before = last.get(key);
      const turn = before ? before.then(work) : work();
      const ended = turn.then(nothing, nothing).then(() => {
        if (last.get(key) === ended) last.delete(key);
      });
      last.set(key, ended);
      return turn;
    },
  };
}

function nothing(): void {}
