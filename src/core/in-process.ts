// A manager that is one of several for the same sessions in this process: Next.js makes one in each bundle of an app. What is
// recorded about such sessions is recorded once for all of them.

/** Names the method that returns what the managers have in common; `undefined` while nothing is known of it. */
export const nameInProcess: unique symbol = Symbol.for("coatcheck.nameInProcess");

export interface ManagerInProcess {
  [nameInProcess](): string | undefined;
}

/** @returns `undefined` for a manager that stands alone. */
export function nameInProcessOf(manager: object): string | undefined {
  return (manager as Partial<ManagerInProcess>)[nameInProcess]?.();
}
