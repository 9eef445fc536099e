// npm run node -- bench/flask-cookie.ts: reading one Flask cookie, beside the HMAC and the JSON.parse that it needs, and
// beside itsdangerous in Python.
import { createHmac } from "node:crypto";
import { readFlaskCookie, writeFlaskCookie } from "coatcheck/flask-cookie";
import { startFlaskPython } from "../test/fixtures/flask-python.ts";
import { dataOf, userName } from "./servers/texts.ts";
import { median } from "./statistics.ts";

const SECRET = "a key of both apps";
const COOKIES = 1_000;
const ROUNDS = 15;

const cookies = Array.from({ length: COOKIES }, (_, i) =>
  writeFlaskCookie({ username: userName(i), visits: i, roles: ["reader", "writer"] }, { secret: SECRET }),
);
const large = Array.from({ length: COOKIES }, (_, i) =>
  writeFlaskCookie({ ...dataOf(userName(i)) }, { secret: SECRET }),
);

/** The time of one, in ns. */
function time(work: (cookie: string) => unknown, of: readonly string[]): number {
  const begin = process.hrtime.bigint();
  for (const cookie of of) work(cookie);
  return Number(process.hrtime.bigint() - begin) / of.length;
}

const flask = startFlaskPython();
const { keys, digest } = (await import("../src/flask-cookie/signer.ts")).signerOf({ secret: SECRET });
/** One HMAC over the signed text and one JSON.parse of the payload. */
function floor(cookie: string): void {
  createHmac(digest, keys[0])
    .update(cookie.slice(0, cookie.lastIndexOf(".")))
    .digest("base64url");
  JSON.parse(Buffer.from(cookie.slice(0, cookie.indexOf(".")), "base64url").toString());
}

const rounds: { read: number; floor: number; python: number; large: number; pythonLarge: number }[] = [];
for (let round = -3; round < ROUNDS; round++) {
  const sample = {
    floor: time(floor, cookies),
    read: time((cookie) => readFlaskCookie(cookie, { secret: SECRET }), cookies),
    python: await flask.time(cookies, SECRET),
    large: time((cookie) => readFlaskCookie(cookie, { secret: SECRET }), large),
    pythonLarge: await flask.time(large, SECRET),
  };
  if (round >= 0) rounds.push(sample);
}
flask.close();

const of = (pick: (sample: (typeof rounds)[number]) => number): string => median(rounds.map(pick)).toFixed(2);
console.log(`read, in times of one HMAC and one JSON.parse: ${of((s) => s.read / s.floor)} (at most 2)
itsdangerous in Python takes as long as so many reads: ${of((s) => s.python / s.read)}
the same, compressed, of about 500 bytes: ${of((s) => s.pythonLarge / s.large)}`);
