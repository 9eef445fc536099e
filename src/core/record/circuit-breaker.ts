// Keeps calls from a store that is out, so that a dead store costs microseconds and not its deadline a request.

/** So many failures in a row, and the store counts as out. */
const FAILURES = 5;
/** How long after a failure, in ms, until one call tries whether it is back. */
const PAUSE = 1_000;

interface CircuitBreaker {
  /** Whether a call may be made. Where the store is out, one may a second after the last failure: it finds out. */
  mayCall(): boolean;
  succeeded(): void;
  failed(): void;
}

/**
 * @param onChange Told when the store counts as out, and when it is back.
 * @param now A clock that only goes forward, in ms; replaced in tests.
 */
export function createCircuitBreaker(
  onChange: (state: "unavailable" | "recovered") => void,
  now: () => number = () => performance.now(),
): CircuitBreaker {
  let failures = 0;
  let tryAgainAt = 0;

  return {
    mayCall() {
      if (failures < FAILURES) return true;
      if (now() < tryAgainAt) return false;
      tryAgainAt = now() + PAUSE;
      return true;
    },
    succeeded() {
      if (failures >= FAILURES) onChange("recovered");
      failures = 0;
    },
    failed() {
      failures++;
      if (failures === FAILURES) onChange("unavailable");
      if (failures >= FAILURES) tryAgainAt = now() + PAUSE;
    },
  };
}
