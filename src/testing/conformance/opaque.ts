// Law 7: nothing in a key, an owner, a field name or a value is ever interpreted as a query, a path, a script or a
// pattern; each comes back as it was given, and no two are ever taken for one another.
import assert from "node:assert/strict";
import {
  assertFields,
  assertListed,
  assertSameRecord,
  change,
  created,
  listAll,
  loaded,
  newKey,
  newOwner,
  record,
  replacement,
} from "./fixture.ts";
import type { CaseDefinition, Fixture } from "./harness.ts";

export const opaqueCases: readonly CaseDefinition[] = [
  { law: 7, name: "hostile owners are kept apart and come back as they were given", run: keepsOwnersApart },
  { law: 7, name: "the empty owner is an owner, and not the lack of one", run: knowsEmptyOwner },
  { law: 7, name: "hostile field names are written, read and removed like any other", run: takesFieldNames },
  { law: 7, name: "values are opaque texts of any size", run: takesValues },
  { law: 7, name: "hostile keys open, change and end nothing", run: refusesKeys },
  { law: 7, name: "hostile cursors and exceptions are no more than wrong", run: survivesArguments },
  { law: 7, name: "a lone surrogate is kept as it is or refused, never taken for another", run: confusesNoSurrogates },
];

/** Incompressible, for indexes that would take 10 KB of one letter. */
function long(length: number): string {
  let text = "";
  while (text.length < length) text += newKey();
  return text.slice(0, length);
}

/** Texts that some store, somewhere, would take for more than a text. */
export const HOSTILE: readonly string[] = [
  "'; DROP TABLE sessions; --",
  "' OR '1'='1",
  '"; return redis.call("FLUSHALL") --',
  "$1",
  "$" + "{process.exit(1)}",
  "%s%n%00",
  "*",
  "%",
  "_",
  "?",
  "[a-z]",
  "^.*$",
  "\\",
  "\\x00",
  "../",
  "../../etc/passwd",
  "/",
  "C:\\CON",
  "{slot}",
  "{}",
  "a:b",
  "a",
  ":",
  "a:",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "a.b",
  "$x",
  "$set",
  "null",
  "undefined",
  "0",
  "-1",
  "true",
  " ",
  "ann",
  "Ann",
  "ann ",
  " ann",
  "ann\n",
  "ann\r\nSET x 1",
  "ann\u0000",
  "\u0000",
  "\u0000ann",
  "\t",
  "\u007f",
  "\u00e9",
  "e\u0301",
  "ß",
  "ss",
  "I",
  "ı",
  "用户",
  "\u2028",
  "\ufeff",
  "\ufffd",
  "\uffff",
  "👩‍👩‍👧‍👦",
  "a".repeat(1_024),
  "a".repeat(1_025),
  "*".repeat(10_240),
];

async function keepsOwnersApart(fixture: Fixture): Promise<void> {
  const tail = long(10_240);
  const owners = [...HOSTILE, tail, `${tail}a`, `${tail}b`, `a${tail}`, long(10_240)];
  // Their names are the same in every run, and an earlier one may have been cut short.
  for (const owner of owners) await fixture.store.destroyAll(owner);
  const keys = new Map<string, string>();
  for (const [i, owner] of owners.entries()) {
    const moved = newKey();
    const key = await created(fixture, {}, { owner: i % 2 ? owner : undefined });
    if (i % 2 === 0) await fixture.store.replace(key, moved, replacement(fixture, { owner }));
    keys.set(owner, i % 2 ? key : moved);
  }
  for (const [owner, key] of keys) {
    assert.equal((await fixture.store.load(key))?.owner, owner);
    const found = await listAll(fixture.store, owner);
    assert.deepEqual([...found.keys()], [key], `the sessions of ${JSON.stringify(owner.slice(0, 40))}`);
    assert.equal(found.get(key)?.owner, owner);
  }
  let left = keys.size;
  for (const [owner, key] of keys) {
    assert.equal(await fixture.store.destroyAll(owner), 1, `destroyAll of ${JSON.stringify(owner.slice(0, 40))}`);
    assert.equal(await fixture.store.load(key), undefined);
    left--;
    const lives = await Promise.all([...keys.values()].map((each) => fixture.store.load(each)));
    assert.equal(lives.filter((found) => found !== undefined).length, left, "all others live on");
  }
}

async function knowsEmptyOwner(fixture: Fixture): Promise<void> {
  await fixture.store.destroyAll("");
  const [owned, anonymous] = [await created(fixture, {}, { owner: "" }), await created(fixture)];
  assert.equal((await loaded(fixture.store, owned)).owner, "");
  assert.equal((await loaded(fixture.store, anonymous)).owner, undefined);
  await assertListed(fixture.store, "", [owned]);
  assert.equal(await fixture.store.destroyAll(""), 1);
  assert.ok(await fixture.store.load(anonymous));
}

async function takesFieldNames(fixture: Fixture): Promise<void> {
  const names = ["", ...HOSTILE, long(1_024)];
  const owner = newOwner();
  const all = new Map(names.map((name, i) => [name, `"${i}"`]));
  const given = record(fixture, {}, { fields: all, owner });
  const [atOnce, oneByOne] = [newKey(), await created(fixture)];
  await fixture.store.create(atOnce, given);
  for (const [name, text] of all) {
    const set = new Map([[name, text]]);
    assert.equal(
      await fixture.store.commit(oneByOne, change({}, { set })),
      "committed",
      JSON.stringify(name.slice(0, 40)),
    );
  }
  assertSameRecord(await fixture.store.load(atOnce), given);
  assertSameRecord((await listAll(fixture.store, owner)).get(atOnce), given);
  assert.deepEqual(sorted((await loaded(fixture.store, oneByOne)).fields), sorted(all));
  const left = new Map(all);
  for (const name of names) {
    await fixture.store.commit(oneByOne, change({}, { remove: new Set([name]) }));
    left.delete(name);
    assert.deepEqual(sorted((await loaded(fixture.store, oneByOne)).fields), sorted(left));
  }
  const version = 1 + 2 * names.length;
  assert.equal((await loaded(fixture.store, oneByOne)).version, version);
}

function sorted(fields: ReadonlyMap<string, string>): [string, string][] {
  return [...fields].sort(([a], [b]) => (a < b ? -1 : 1));
}

async function takesValues(fixture: Fixture): Promise<void> {
  const megabyte = JSON.stringify("x".repeat(1_048_574));
  const values = [
    "",
    '""',
    "null",
    "-0",
    "1e999",
    " 1 ",
    "[]",
    "{}",
    "nil",
    "OK",
    ...HOSTILE.map((text) => JSON.stringify(text)),
    JSON.stringify("\ud800 lone"),
    '"line\nbreak"',
    '"\u2028é用户👩‍👩‍👧‍👦"',
    JSON.stringify(long(65_536)),
    JSON.stringify("用👩".repeat(20_000)),
    megabyte,
  ];
  const fields = new Map(values.map((text, i) => [`f${i}`, text]));
  const [atOnce, changed] = [newKey(), await created(fixture)];
  await fixture.store.create(atOnce, record(fixture, {}, { fields }));
  assert.equal(await fixture.store.commit(changed, change({}, { set: fields })), "committed");
  for (const key of [atOnce, changed]) {
    const found = await loaded(fixture.store, key);
    assert.equal(found.fields.size, fields.size);
    for (const [name, text] of fields) assert.ok(found.fields.get(name) === text, `${name} is as it was given`);
  }
  await fixture.store.commit(changed, change({ [`f${values.length - 1}`]: "1" }));
  assert.equal((await loaded(fixture.store, changed)).fields.get(`f${values.length - 1}`), "1", "smaller than before");
}

async function refusesKeys(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const given = record(fixture, { a: "1" }, { owner });
  const key = newKey();
  await fixture.store.create(key, given);
  const near = [key.toLowerCase(), key.slice(1), `${key}=`, `${key}\u0000`, `${key} `, `*${key}`, `{${key}}`, owner];
  for (const hostile of ["", ...HOSTILE, long(10_240), ...near.filter((each) => each !== key)]) {
    const named = JSON.stringify(hostile.slice(0, 60));
    assert.equal(await fixture.store.load(hostile), undefined, named);
    assert.equal(
      await fixture.store.commit(hostile, change({ a: "2" }, { expiresAt: fixture.later() })),
      "gone",
      named,
    );
    assert.equal(await fixture.store.replace(hostile, newKey(), replacement(fixture)), "gone", named);
    assert.equal(await fixture.store.destroy(hostile), false, named);
  }
  assertSameRecord(await fixture.store.load(key), given);
  await assertListed(fixture.store, owner, [key]);
}

async function survivesArguments(fixture: Fixture): Promise<void> {
  const [owner, another] = [newOwner(), newOwner()];
  const [key, foreign] = [await created(fixture, {}, { owner }), await created(fixture, {}, { owner: another })];
  for (const hostile of ["", ...HOSTILE, foreign]) {
    // Refused or answered with some page, but with no one else's sessions and no harm.
    const page = await Promise.resolve()
      .then(() => fixture.store.list(owner, { cursor: hostile, limit: 5 }))
      .catch(() => undefined);
    for (const listed of page?.sessions ?? []) assert.equal(listed.key, key);
    assert.equal(await fixture.store.destroyAll(newOwner(), { except: hostile }), 0);
  }
  await assertListed(fixture.store, owner, [key]);
  assert.equal(await fixture.store.destroyAll(owner, { except: "*" }), 1);
  assertFields(await loaded(fixture.store, foreign), {});
}

/** UTF-8 has no lone surrogate: a store that writes it so without looking takes all of them for U+FFFD, and for one. */
async function confusesNoSurrogates(fixture: Fixture): Promise<void> {
  const name = newOwner();
  const owners = ["\ud800", "\ud801", "\udc00", "\ufffd", "?", ""].map((end) => `${name}${end}`);
  const keys = new Map<string, string>();
  for (const owner of owners) {
    const key = newKey();
    const stored = await Promise.resolve()
      .then(() => fixture.store.create(key, record(fixture, {}, { owner })))
      .catch(() => false);
    assert.ok(stored || /\p{Surrogate}/u.test(owner), "an owner of whole characters is stored");
    if (stored) keys.set(owner, key);
  }
  for (const [owner, key] of keys) {
    assert.equal((await loaded(fixture.store, key)).owner, owner);
    await assertListed(fixture.store, owner, [key]);
  }
}
