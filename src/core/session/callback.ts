// Controls called with a callback, as code does that was written for express-session: Passport, for one.

/** Called when a control is done, with the error when it has failed. */
export type ControlCallback = (error?: unknown) => void;

/** With a callback, the promise never fails: the callback has the error. */
export function withCallback(done: Promise<void>, callback: ControlCallback | undefined): Promise<void> {
  if (typeof callback !== "function") return done;
  // Out of the promise: what a callback throws is its own.
  return done.then(
    () => process.nextTick(callback),
    (error: unknown) => process.nextTick(callback, error),
  );
}
