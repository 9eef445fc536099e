import assert from "node:assert/strict";
import { test } from "node:test";
import * as errors from "../errors.ts";
import { processWide, shareClass } from "./process-wide.ts";

/** Another copy of the library: the same file once more. */
async function copyOf<Module>(module: string): Promise<Module> {
  return import(`${module}?copy`) as Promise<Module>;
}

test("an error of another copy of the library is an instance of the same class here, and of no other", async () => {
  const copy = await copyOf<typeof errors>("../errors.ts");
  const gone = new copy.SessionGoneError();
  assert.notEqual(copy.SessionGoneError, errors.SessionGoneError);
  assert(gone instanceof errors.SessionGoneError && gone instanceof errors.SessionError && gone instanceof Error);
  assert(!(gone instanceof errors.StoreUnavailableError));
  assert(new errors.SessionGoneError() instanceof copy.SessionGoneError);
});

test("every class of errors is shared between copies", async () => {
  const copy = await copyOf<Readonly<Record<string, typeof errors.SessionError>>>("../errors.ts");
  const own: Readonly<Record<string, unknown>> = errors;
  for (const [name, Class] of Object.entries(copy)) {
    const made: unknown = Object.create(Class.prototype);
    assert(made instanceof (own[name] as typeof errors.SessionError), name);
  }
});

test("a user's subclass has its own instances alone", () => {
  class Refused extends errors.SessionError {}
  assert(!(new errors.SessionGoneError() instanceof Refused));
  const refused = new Refused("CSRF", "No.");
  assert(refused instanceof Refused && refused instanceof errors.SessionError);
  assert.equal(refused.name, "Refused");
});

test("an instance must be an object: primitives and null are instances of no error class", () => {
  for (const value of [undefined, null, 1, "text", Symbol.iterator, {}, Object.create(null)]) {
    assert(!((value as unknown) instanceof errors.SessionError));
  }
});

test("a class keeps its name where a minifier has renamed it", () => {
  class A {}
  shareClass(A, "Renamed");
  assert.equal(A.name, "Renamed");
});

test("copies of the library share an object by its name", async () => {
  const copy = await copyOf<{ processWide: typeof processWide }>("./process-wide.ts");
  const shared = processWide("test", () => new Set<number>());
  assert.equal(
    copy.processWide("test", () => new Set<number>()),
    shared,
  );
  assert.notEqual(
    processWide("another test", () => new Set<number>()),
    shared,
  );
});
