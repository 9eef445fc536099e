// The cookie store keeps the laws of a store, as far as one process and the size of a cookie go. Laws 1 and 2 hold within
// one process, and the suite without a second store asks no more.
import test from "node:test";
import { termsOf } from "../../../test/fixtures/cookie-store/terms.ts";
import { withOwnerIndex } from "../../../test/fixtures/owner-index.ts";
import type { Clock, SessionStore } from "../../core/record/store.ts";
import { storeConformance } from "../../testing/store-conformance.ts";
import { cookieStore } from "./index.ts";

/** More than a cookie holds, or a count of what the store does not keep: each with its reason. */
const EXCEPTIONS = new Map([
  ["law 1: a change of 500 fields arrives whole", "too large"],
  ["law 7: hostile owners are kept apart and come back as they were given", "too large"],
  ["law 7: hostile field names are written, read and removed like any other", "too large"],
  ["law 7: values are opaque texts of any size", "too large"],
  ["law 4: sweep drops what expired, at most its limit, and counts it", "nothing is kept that could be swept"],
]);

function createStore(clock: Clock): SessionStore {
  const store = cookieStore();
  store.ids(termsOf({ clock }));
  return withOwnerIndex(store);
}

for (const { law, name, run } of storeConformance({
  createStore,
  time: "fake",
  subscribes: false,
  interleavings: 300,
})) {
  if (law === 5 || EXCEPTIONS.has(name)) continue;
  test(`cookie, ${name}`, run);
}
