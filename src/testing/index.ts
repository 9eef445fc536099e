// What `import "coatcheck/testing"` gives: for tests of apps, and of stores that others write.
export { type FakeClock, fakeClock } from "./fake-clock.ts";
export { sealedCookie } from "./sealed-cookie.ts";
export { sessionTransaction } from "./session-transaction.ts";
export { type ConformanceCase, type Law, type StoreHarness, storeConformance } from "./store-conformance.ts";
