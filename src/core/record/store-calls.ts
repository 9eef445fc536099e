// What other programs in this process may watch of the store's work, through node:diagnostics_channel. Where nobody listens
// it costs a look. Nothing here carries a key, an ID or data.
import { channel } from "node:diagnostics_channel";

/** What the channels `coatcheck.store.start` and `coatcheck.store.end` carry: one object for both. */
export interface StoreCall {
  /** What the store is: `"redis"`. */
  readonly store: string;
  /** Which of its methods, such as `"load"`; `"touch"` for a commit that stores activity alone. */
  readonly operation: string;
  /** How long it took, in ms; set at its end. */
  duration: number | undefined;
  /** Why it failed, where it did; set at its end. */
  error: unknown;
}

const starts = channel("coatcheck.store.start");
const ends = channel("coatcheck.store.end");

/** Announces a call of a store. Answers what is to be called at its end; `undefined` where nobody listens. */
export function beginStoreCall(store: string, operation: string): ((error?: unknown) => void) | undefined {
  if (!starts.hasSubscribers && !ends.hasSubscribers) return undefined;
  const call: StoreCall = { store, operation, duration: undefined, error: undefined };
  const startedAt = performance.now();
  starts.publish(call);
  return (error) => {
    call.duration = performance.now() - startedAt;
    call.error = error;
    ends.publish(call);
  };
}
