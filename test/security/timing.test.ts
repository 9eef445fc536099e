// S3: a wrong signature takes the same time wherever it differs, and IDs are compared only as hashes. Time decides here by
// nature, so the test asks for a leak that is certain, three times over. `COATCHECK_TIMING=full` takes many more calls.
import assert from "node:assert/strict";
import { createHash, createHmac, hash, randomBytes } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { createManager } from "../../src/core/manager.ts";
import type { SessionStore } from "../../src/core/record/store.ts";
import { createIdSigner } from "../../src/core/request/session-id.ts";
import { deriveKeys } from "../../src/core/secrets.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { type AnyData, SECRET } from "../fixtures/manager.ts";
import { createVisitor } from "../fixtures/visitor.ts";
import { CERTAIN, compareTimes, type Kind } from "./two-samples.ts";

/** Of both kinds together. */
const SHORT = 40_000;
const CALLS = process.env["COATCHECK_TIMING"] === "full" ? 2_000_000 : SHORT;
const TRIES = 3;

const keys = deriveKeys(SECRET);
const signer = createIdSigner("session", keys);
const SIGNATURE_AT = 44;
const LENGTH = 87;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** What the last character of 32 bytes can be. */
const LAST = "AEIMQUYcgkosw048";

/** Not of `randomBytes`: the test runner keeps a note of each call of that, and there are millions. */
const seed = randomBytes(16).toString("hex");
let made = 0;

/**
 * A new ID with its right signature, but for the characters at these places. Others are made for all places, whichever
 * are then taken, so that no text is dearer to make than another and lies elsewhere in memory for it.
 */
function wrongAt(isWrong: (place: number) => boolean): string {
  const text = Buffer.from(signer.sign(hash("sha256", `id ${seed}-${++made}`, "base64url")), "latin1");
  const chance = hash("sha256", `chance ${seed}-${made}`, "buffer");
  for (let place = SIGNATURE_AT; place < LENGTH; place++) {
    const right = text[place] ?? 0;
    const wrong = another(right, place === LENGTH - 1 ? LAST : ALPHABET, chance[place % chance.length] ?? 0);
    text[place] = isWrong(place) ? wrong : right;
  }
  return text.toString("latin1");
}

function another(code: number, among: string, chance: number): number {
  const at = among.indexOf(String.fromCharCode(code));
  return among.charCodeAt((at + 1 + (chance % (among.length - 1))) % among.length);
}

const PLACES: Readonly<Record<"first" | "middle" | "last" | "everywhere", (place: number) => boolean>> = {
  first: (place) => place === SIGNATURE_AT,
  middle: (place) => place === SIGNATURE_AT + 21,
  last: (place) => place === LENGTH - 1,
  everywhere: () => true,
};

function kindOf(place: keyof typeof PLACES, work: (text: string) => unknown): Kind {
  return { prepare: () => wrongAt(PLACES[place]), work };
}

/** The smallest t of some tries, where each is enough to find a leak: a busy machine may spoil one, and hardly all. */
function smallestT(a: Kind, b: Kind, calls: number): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < TRIES && smallest >= CERTAIN; tries++) {
    smallest = Math.min(smallest, Math.abs(compareTimes(a, b, calls)));
  }
  return smallest;
}

function assertAlike(place: keyof typeof PLACES, tell: (message: string) => void): void {
  const [first, other] = [kindOf("first", signer.verify), kindOf(place, signer.verify)];
  for (const { prepare, work } of [first, other]) assert.equal(work(prepare()), "signature");
  const t = smallestT(first, other, CALLS);
  tell(`t = ${t.toFixed(1)} after ${CALLS} calls`);
  assert(t < CERTAIN, `the times differ: t = ${t.toFixed(1)}`);
}

test("S3 a signature that is wrong at its end alone takes as long as one that is wrong at its beginning", (context) => {
  assertAlike("last", (message) => context.diagnostic(message));
});

test("S3 a signature that is wrong in its middle takes as long as one that is wrong at its beginning", (context) => {
  assertAlike("middle", (message) => context.diagnostic(message));
});

test("S3 a signature of the right length that is wrong everywhere takes no less and no more time", (context) => {
  assertAlike("everywhere", (message) => context.diagnostic(message));
});

/** Stops at the first character that differs. */
function loopEquals(a: string, b: string): boolean {
  for (let i = 0; i < a.length; i++) if (a.charCodeAt(i) !== b.charCodeAt(i)) return false;
  return a.length === b.length;
}

/** A signer like ours but for its comparison. */
function verifyWith(equals: (a: string, b: string) => boolean): (text: string) => boolean {
  return (text) => {
    const [id = "", given = ""] = text.split(".");
    return equals(given, createHmac("sha256", keys[0].cookie).update(`session|${id}`).digest("base64url"));
  };
}

test("S3 the same statistic finds a comparison that stops where the signature differs", (context) => {
  const leaks = [{ name: "a loop", equals: loopEquals, calls: SHORT }];
  // It compares many characters at once: a leak of some nanoseconds, which takes more calls to be certain.
  if (CALLS > SHORT) leaks.push({ name: "===", equals: (a, b) => a === b, calls: CALLS / 4 });
  for (const { name, equals, calls } of leaks) {
    const work = verifyWith(equals);
    const t = smallestT(kindOf("first", work), kindOf("last", work), calls);
    context.diagnostic(`${name}: t = ${t.toFixed(1)}`);
    assert(t >= CERTAIN, `the leak of ${name} was overlooked: t = ${t.toFixed(1)}`);
  }
});

test("S3 stores are asked for SHA-256 of an ID, whatever a session does, and never see the ID or its cookie", async () => {
  const seen: string[] = [];
  const store = recording(memoryStore(), seen);
  const sessions = createManager<AnyData>({ secret: SECRET, store, renewInterval: "1h" }, memoryStore);
  const visitor = createVisitor(sessions);
  const secrets: string[] = [];
  const keysOfIds: string[] = [];
  const note = (id: string): void => {
    secrets.push(id);
    keysOfIds.push(createHash("sha256").update(id).digest("base64url"));
  };
  await visitor.request(async (session) => {
    session["cart"] = ["apple"];
    note(session.id);
    await session.save();
    await session.login("ann");
    note(session.id);
  });
  await visitor.request(async (session) => {
    await session.regenerate();
    note(session.id);
    await session.transaction((inside) => {
      inside["n"] = 1;
    });
  });
  secrets.push(visitor.cookie?.slice("session=".length) ?? "");
  await sessions.list("ann");
  await visitor.request((session) => session.logout());

  for (const key of keysOfIds) assert(seen.includes(key), "the key of each ID reached the store");
  for (const text of seen) for (const secret of secrets) assert(!text.includes(secret), "an ID reached the store");
  assert.equal(secrets.length, 4);
});

/** A store that notes every text in what it is asked. */
function recording(store: SessionStore, seen: string[]): SessionStore {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        seen.push(...args.flatMap(textsIn));
        return Reflect.apply(member, target, args);
      };
    },
  });
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (value instanceof Map) return [...value].flat().flatMap(textsIn);
  if (value instanceof Set) return [...value].flatMap(textsIn);
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

test("S3 no source but the signer compares an ID, a signature or a cookie's value with ===", () => {
  const secretName = String.raw`(?:[\w.#]*\b(?:id|signature|signed|cookieValue|csrfToken))`;
  const comparison = new RegExp(
    String.raw`${secretName}\s*[!=]==(?!\s*(?:undefined|null|"|true|false))|[!=]==\s*${secretName}\b(?!\()`,
  );
  const found: string[] = [];
  for (const file of globSync("src/{core,stores,adapters}/**/*.ts")) {
    if (file.endsWith(".test.ts") || file === "src/core/request/session-id.ts") continue;
    for (const [i, line] of readFileSync(file, "utf8").split("\n").entries()) {
      if (comparison.test(line)) found.push(`${file}:${i + 1}: ${line.trim()}`);
    }
  }
  // The name of a key of `encryption.keys`, which stands in the record for everyone to read.
  const harmless = /^src\/core\/record\/encryption\.ts:\d+: .*masters\.findIndex/;
  assert.deepEqual(
    found.filter((line) => !harmless.test(line)),
    [],
  );
  assert.match("if (session.id === given) {", comparison, "the pattern finds what it is for");
});
