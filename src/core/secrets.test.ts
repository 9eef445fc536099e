import assert from "node:assert/strict";
import { test } from "node:test";
import { SecretError } from "./errors.ts";
import { deriveKeys, generateSecret } from "./secrets.ts";

const bad: [string, unknown][] = [
  ["missing", undefined],
  ["null", null],
  ["empty", ""],
  ["no string", Buffer.alloc(32, 7)],
  ["an empty list", []],
  ["31 bytes", "hq2L0bUe7y9wTz4vNn3rKx8cPd5fGj6"],
  ["one character", "a".repeat(64)],
  ["a repetition", "abc12345".repeat(8)],
  ["few different characters", `${"ab".repeat(20)}cde`],
  ["the tutorial's", "fkdjsafjdkfdlkjfadskjfadskljdsfklj"],
  ["the tutorial's other", "any random string"],
  ["Flask's quickstart", "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf"],
  ["iron-session's README", "complex_password_at_least_32_characters_long"],
  ["express-session's README", "keyboard cat keyboard cat keyboard cat"],
  ["a placeholder", "please-change-me-before-production-1234"],
  ["in a list, where it is old", [generateSecret(), "short"]],
];
for (const [name, secret] of bad) {
  test(`S25 a secret that is ${name} is refused at start, with a way to make one, and is not shown`, () => {
    assert.throws(
      () => deriveKeys(secret),
      (error) =>
        error instanceof SecretError &&
        /npx coatcheck secret/.test(error.message) &&
        !(typeof secret === "string" && secret.length > 5 && error.message.includes(secret)),
    );
  });
}

test("a made secret is accepted, and each is another", () => {
  assert.notEqual(generateSecret(), generateSecret());
  const keys = deriveKeys([generateSecret(), generateSecret()]);
  assert.equal(keys.length, 2);
  assert(!keys[0].cookie.equals(keys[0].csrf), "keys of one secret differ by their use");
});
