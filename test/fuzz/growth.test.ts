// Work that grows with the length of what others send, and no faster: counted where it can be, and otherwise by inputs
// of a million characters, which work that grows with the square would not finish within an hour.
import assert from "node:assert/strict";
import { test } from "node:test";
import { findCookieValues } from "../../src/core/request/session-cookie.ts";
import { cpuTime } from "../fixtures/cpu-time.ts";
import { families } from "./growth.ts";

/** A text that counts how many of its characters are looked at. */
function counting(text: string): { counted: string; looks: () => number } {
  let looks = 0;
  const methods: Readonly<Record<string, (...args: never[]) => unknown>> = {
    indexOf(needle: string, from = 0) {
      const at = text.indexOf(needle, from);
      looks += (at === -1 ? text.length : at + needle.length) - from;
      return at;
    },
    slice(start: number, end = text.length) {
      looks += end - start;
      return text.slice(start, end);
    },
  };
  const counted = new Proxy(Object(text), {
    get(_, name) {
      if (typeof name === "string" && Object.hasOwn(methods, name)) return methods[name];
      if (typeof name === "string" && /^\d+$/.test(name)) looks++;
      else assert.equal(name, "length", "no other way to read is counted");
      return Reflect.get(Object(text), name);
    },
  });
  return { counted: counted as string, looks: () => looks };
}

const HEADERS = [
  "session=",
  "session=;",
  " session=a;",
  "a=session=",
  ";",
  " ",
  "session",
  "session=\t;",
  "\tsession =",
];

test("S22 the parser of Cookie headers looks at each character a few times at most, whatever the header", () => {
  for (const part of [...HEADERS, ...HEADERS.flatMap((a) => HEADERS.map((b) => a + b))]) {
    const header = part.repeat(Math.ceil(20_000 / part.length));
    const { counted, looks } = counting(header);
    assert.deepEqual(findCookieValues(counted, "session="), findCookieValues(header, "session="));
    assert(looks() <= 4 * header.length, `${looks()} looks at ${header.length} characters of ${JSON.stringify(part)}`);
  }
});

test("S22 ten thousand cookies and 100 KB of anything are taken apart one by one", () => {
  const header = Array.from({ length: 10_000 }, (_, i) => `session=${i}`).join("; ");
  assert.equal(findCookieValues(header, "session=").length, 10_000);
});

const LENGTH = 1_000_000;
/** Of processor time, in ms. Each takes some tens of ms here; with the square of the length it would be minutes to hours. */
const DEADLINE = 30_000;

test("S22 a million characters built to be slow are read in no time, by every reader", () => {
  for (const family of families) {
    const run = family.prepare(LENGTH);
    const started = cpuTime();
    run();
    const took = cpuTime() - started;
    assert(took < DEADLINE, `${family.name} took ${Math.round(took)} ms`);
  }
});
