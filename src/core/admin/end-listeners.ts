// Who wants to hear of sessions that end. What one of them throws is a warning of the process, so that the others hear of
// the end too and no store fails by it. It knows no store but by name.
import type { EndListener } from "../record/store.ts";

export interface EndListeners {
  readonly size: number;
  /** Answers what ends the subscription. One that listens twice hears twice. */
  add(listener: EndListener, resumed?: () => void): () => void;
  /** Tells each of them. */
  tell: EndListener;
  /** Tells each of them that ends may have been missed, and are heard again from now on. */
  resume(): void;
  /** Forgets them all, without a word to `whenNone`. */
  clear(): void;
}

/**
 * @param store As a warning calls it: `"the Redis store"`.
 * @param whenNone Called when the last one has ended its subscription.
 */
export function createEndListeners(store: string, whenNone?: () => void): EndListeners {
  const subscriptions = new Set<{ readonly tell: EndListener; readonly resumed: (() => void) | undefined }>();

  function call(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      process.emitWarning(`A listener of ${store} threw: ${message}`, "CoatcheckWarning");
    }
  }

  return {
    get size() {
      return subscriptions.size;
    },

    add(listener, resumed) {
      const subscription = { tell: listener, resumed };
      subscriptions.add(subscription);
      return () => {
        if (subscriptions.delete(subscription) && subscriptions.size === 0) whenNone?.();
      };
    },

    tell(key, movedTo) {
      for (const { tell } of subscriptions) call(() => tell(key, movedTo));
    },

    resume() {
      for (const { resumed } of subscriptions) if (resumed) call(resumed);
    },

    clear: () => subscriptions.clear(),
  };
}
