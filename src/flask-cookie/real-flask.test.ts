// Beside the real Flask: what is signed here is read there, and what is signed there is read here.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import fc from "fast-check";
import { startFlaskPython } from "../../test/fixtures/flask-python.ts";
import { Markup, readFlaskCookie, Tuple, Uuid, writeFlaskCookie } from "./index.ts";
import { toTaggedJson } from "./tagged-json.ts";

const SECRET = "a key of both apps, \u4f60\u597d";
const COUNT = 500;
const flask = startFlaskPython();
after(() => flask.close());

/** Whole numbers past 2^53, fractions that both languages spell alike. */
const number = fc.oneof(
  fc.integer(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }),
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((n) => n / 64),
);
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string(),
  fc.constantFrom("", " t", " di", "__", "\u7528\u6237"),
);
const key = fc.oneof(text, fc.constantFrom(" t", " b", " m", " u", " d", " di", " t__", "constructor", "9", "10"));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, fc.constant(null), fc.boolean(), number, text, tie("python"), tie("nested")),
  python: fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.date({ min: new Date(0), max: new Date("2200-01-01"), noInvalidDate: true }).map((date) => {
      date.setUTCMilliseconds(0);
      return date;
    }),
    text.map((html) => new Markup(html)),
    fc.uuid().map((uuid) => new Uuid(uuid)),
    fc.array(tie("value"), { maxLength: 4 }).map((items) => Tuple.of(...items)),
  ),
  nested: fc.oneof(
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const session = fc.dictionary(key, value, { maxKeys: 6, noNullPrototype: true });

const seed = Number(process.env["COATCHECK_SEED"] ?? Date.now() % 2 ** 31);
const sessions = fc.sample(session, { numRuns: COUNT, seed });
const newSecret = (): string => randomBytes(24).toString("base64url");

test(`${COUNT} sessions signed here, each with a fresh secret, are read by Flask, value for value (COATCHECK_SEED=${seed})`, async () => {
  for (const data of sessions) {
    const secret = newSecret();
    // Python writes again what it has read.
    assert.deepEqual(await flask.read([writeFlaskCookie(data, { secret })], secret), [toTaggedJson(data)]);
  }
});

test(`${COUNT} sessions signed by Flask, each with a fresh secret, are read here, value for value (COATCHECK_SEED=${seed})`, async () => {
  for (const data of sessions) {
    const secret = newSecret();
    const [cookie = ""] = await flask.write([toTaggedJson(data)], secret);
    const result = readFlaskCookie(cookie, { secret });
    assert.equal(result.verdict, "valid");
    assert.deepEqual(result.data, data);
  }
});

test("Flask refuses what was signed with another key, salt or digest, and takes the one that is right", async () => {
  const data = { username: "ada" };
  const names = await flask.read(
    [
      writeFlaskCookie(data, { secret: SECRET }),
      writeFlaskCookie(data, { secret: "another" }),
      writeFlaskCookie(data, { secret: SECRET, salt: "other" }),
      writeFlaskCookie(data, { secret: SECRET, digest: "sha256" }),
      writeFlaskCookie(data, { secret: SECRET, now: 1_000_000 }),
    ],
    SECRET,
  );
  const refused = "BadTimeSignature";
  assert.deepEqual(names, ['{"username":"ada"}', refused, refused, refused, "SignatureExpired"]);
});
