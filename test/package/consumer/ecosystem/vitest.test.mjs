// Vitest, with every timer faked: nothing of ours may wait for one. Only queueMicrotask is real, because the `text()` of Node's
// own Response waits for it.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { open } from "./visits.mjs";

beforeAll(() => {
  vi.useFakeTimers({
    toFake: [
      "setTimeout",
      "clearTimeout",
      "setInterval",
      "clearInterval",
      "setImmediate",
      "clearImmediate",
      "nextTick",
      "performance",
      "Date",
    ],
  });
});
afterAll(() => vi.useRealTimers());

test("a login is there after a restart", async () => {
  const first = open();
  const cookie = await first.logIn();
  expect(await first.whoIs(cookie)).toBe("ada");
  await first.close();
  const second = open();
  expect(await second.whoIs(cookie)).toBe(process.env.STORE === "memory" ? "nobody" : "ada");
  await second.close();
});
