// Jest with CommonJS, as NestJS sets it up: its `require` refuses ES modules.
const { isOurError, open } = require("./visits.cjs");

const isLasting = process.env.STORE !== "memory";

test("every export is loaded", () => {
  for (const name of process.env.EXPORTS.split(",")) expect(require(name)).toBeTruthy();
  expect(typeof require("coatcheck/express-session")).toBe("function");
});

test("a login is there after a restart", async () => {
  const first = open();
  const cookie = await first.logIn();
  expect(await first.whoIs(cookie)).toBe("ada");
  await first.close();
  const second = open();
  expect(await second.whoIs(cookie)).toBe(isLasting ? "ada" : "nobody");
  await second.close();
});

test("errors are instances of their classes, whichever export throws them", () => {
  const { cookieStore } = require("coatcheck/cookie");
  const { createSessions } = require("coatcheck");
  expect(isOurError(() => createSessions({ secret: "short", store: cookieStore() }))).toBe(true);
  expect(isOurError(() => require("coatcheck/express").session({ secret: "short" }))).toBe(true);
});
