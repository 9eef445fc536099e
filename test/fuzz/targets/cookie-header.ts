// The parser of Cookie headers against a slow one that is plainly right (SECURITY-BAR S22).
import assert from "node:assert/strict";
import { findCookieValues } from "../../../src/core/request/session-cookie.ts";
import { few, listOf, oneIn, pick, type Random } from "../random.ts";
import { defineTarget } from "../target.ts";
import { anyText, mutated } from "../texts.ts";

interface Header {
  readonly name: string;
  readonly header: string;
}

const NAMES = ["session", "__Host-session", "a", "aa", "$", "s.e*s"];
const SEPARATORS = ["; ", ";", " ;\t", ",", ";;", "=;", "\0;", "&"];

export const cookieHeader = defineTarget<Header>({
  name: "cookie-header",
  about: "finds in any Cookie header exactly the values under the name, as a parser that splits at each semicolon does",
  share: 200_000,
  cases: 150_000,
  prepare: () => ({
    generate: (random) => ({ name: pick(random, NAMES), header: anyHeader(random) }),
    ofText: (header) => ({ name: "session", header }),
    check({ name, header }) {
      assert.deepEqual(findCookieValues(header, `${name}=`), valuesIn(header, name));
    },
  }),
});

/** What a header says under a name, found in the plainest way. */
export function valuesIn(header: string, name: string): string[] {
  return header
    .split(";")
    .map((pair) => pair.replace(/^[ \t]+/, ""))
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1).trim())
    .map((value) => (value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value));
}

function anyHeader(random: Random): string {
  const pairs = listOf(random, few(random, 8), anyPair);
  const header = pairs.map((pair) => pair + pick(random, SEPARATORS)).join("");
  const changed = oneIn(random, 2) ? header : mutated(random, header, [...SEPARATORS, "session=", "a="]);
  return oneIn(random, 5_000) ? changed.repeat(1 + Math.floor(100_000 / (changed.length + 1))) : changed;
}

function anyPair(random: Random): string {
  const value = oneIn(random, 2) ? anyText(random) : "abc";
  return `${pick(random, NAMES)}${oneIn(random, 8) ? anyText(random) : ""}=${value}`;
}
