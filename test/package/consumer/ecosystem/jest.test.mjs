// Jest with ES modules.
import { open } from "./visits.mjs";

test("a login is there after a restart", async () => {
  const first = open();
  const cookie = await first.logIn();
  expect(await first.whoIs(cookie)).toBe("ada");
  await first.close();
  const second = open();
  expect(await second.whoIs(cookie)).toBe(process.env.STORE === "memory" ? "nobody" : "ada");
  await second.close();
});
