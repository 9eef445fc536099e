// What `import "coatcheck/testing"` provides, for tests of apps. The suite for stores is an entry of its own, because it needs fast-check.
export { type FakeClock, fakeClock } from "./fake-clock.ts";
export { sessionCookie } from "./session-cookie.ts";
export { sessionTransaction } from "./session-transaction.ts";
