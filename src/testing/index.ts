// What `import "coatcheck/testing"` provides, for tests of apps. The suite for stores is an entry of its own, because it needs fast-check.
export type { JarCookie } from "./cookie-jar.ts";
export { type FakeClock, fakeClock } from "./fake-clock.ts";
export { sessionCookie } from "./session-cookie.ts";
export { sessionTransaction } from "./session-transaction.ts";
export {
  type FetchApp,
  nodeTestClient,
  type OpenOptions,
  TestClient,
  type TestClientOptions,
  type TestedApp,
  testClient,
} from "./test-client.ts";
