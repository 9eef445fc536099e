// A share of the million forged cookies (million.ts), and proof that its judge sees what it is there to see.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createForger, NOW, SECRET } from "../../test/fixtures/flask-cookie/forgeries.ts";
import { fuzzCookies } from "../../test/fixtures/flask-cookie/fuzz.ts";
import { type FlaskCookie, readFlaskCookie } from "./index.ts";

const SHARE = 25_000;
const MILLION = fileURLToPath(new URL("../../test/fixtures/flask-cookie/million.ts", import.meta.url));
const seed = Number(process.env["COATCHECK_SEED"] ?? Date.now() % 2 ** 31);

const read = (cookie: string): FlaskCookie => readFlaskCookie(cookie, { secret: SECRET, now: NOW });

test(`S22 ${SHARE} forged cookies are refused, none throws, no prototype changes and no memory stays (COATCHECK_SEED=${seed})`, () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=coatcheck-source", "--expose-gc", MILLION, String(SHARE), String(seed)],
    { encoding: "utf8" },
  );
  assert.equal(status, 0, stdout + stderr);
  for (const verdict of ["valid", "expired", "bad_signature", "bad_payload"]) {
    assert.match(stdout, new RegExp(`${verdict}: [1-9]`));
  }
});

test("of every kind of forgery there are some, and the same seed gives the same ones", () => {
  const [forge, again] = [createForger(7), createForger(7)];
  const kinds = new Set<string>();
  for (let i = 0; i < 3_000; i++) {
    const forgery = forge();
    kinds.add(forgery.kind);
    assert.deepEqual(forgery, again());
  }
  const known = [
    "tampered",
    "parts of two",
    "truncated",
    "wrong key",
    "future",
    "too old",
    "odd time",
    "noise",
    "good",
  ];
  const large = ["bomb of a stranger", "bomb of the key", "a megabyte", "16 KB"];
  const signed = ["deep nesting", "prototypes", "broken JSON", "blanks"];
  assert.deepEqual([...kinds].sort(), [...known, ...large, ...signed].sort());
});

test("readers that accept, throw, pollute or remember are found out", () => {
  const kept: string[] = [];
  const broken: Record<string, [reader: (cookie: string) => FlaskCookie, wrong: RegExp]> = {
    accepts: [() => ({ verdict: "valid", data: {}, signedAt: NOW, isSignatureOld: false }), /was read as valid/],
    throws: [
      (cookie) => {
        if (cookie.length > 10_000) throw new RangeError("too long");
        return read(cookie);
      },
      /a megabyte made it throw: RangeError/,
    ],
    pollutes: [
      (cookie) => {
        const result = read(cookie);
        if (Object.hasOwn(result.data ?? {}, "__proto__")) Reflect.set(Object.prototype, "polluted", true);
        return result;
      },
      /prototype had changed/,
    ],
    remembers: [
      (cookie) => {
        kept.push(`${kept.length} ${cookie}`.slice(0, 2_000).padEnd(2_000));
        return read(cookie);
      },
      /The heap grew by \d+ bytes/,
    ],
    "gives another prototype": [
      (cookie) => {
        const result = read(cookie);
        return result.verdict === "valid"
          ? { ...result, data: Object.create(null) as Record<string, unknown> }
          : result;
      },
      /gave data of another prototype/,
    ],
  };
  for (const [name, [reader, wrong]] of Object.entries(broken)) {
    try {
      const { wrongs } = fuzzCookies({ count: 2_000, seed: 7, read: reader });
      assert.ok(
        wrongs.some((one) => wrong.test(one)),
        `${name}: ${wrongs.join(" ")}`,
      );
    } finally {
      Reflect.deleteProperty(Object.prototype, "polluted");
    }
  }
  assert.deepEqual(fuzzCookies({ count: 2_000, seed: 7, read }).wrongs, []);
});
