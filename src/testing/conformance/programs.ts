// Random programs of calls, checked against the model: one call after another, and several at a time, whose answers
// must be those of some order.
import assert from "node:assert/strict";
import fc from "fast-check";
import { ABSENT, liveOf, type Operation, type State, textOf, withoutExpired } from "../store-model.ts";
import { browseAll } from "./browsing.ts";
import { listAll, newKey, newOwner, range, storeAt, turns } from "./fixture.ts";
import type { CaseDefinition, Fixture, StoreHarness } from "./harness.ts";
import { anyDraft, concrete, type Draft, loadAll, perform, show, tell } from "./operations.ts";
import { type Call, explain } from "./order.ts";

export const programCases: readonly CaseDefinition[] = [
  { law: 1, name: "random calls one after another answer as the model does", run: answersInSequence },
  { law: 1, name: "random calls at a time answer as in some order of them", run: answersTogether },
  { law: 5, name: "browse finds what random calls leave, and nothing else", needs: ["browse"], run: leavesBrowsed },
];

const DEFAULT_INTERLEAVINGS = 1_000;
const CALLS_TOGETHER = 4;
const HOUR = 3_600_000;
/** The unit of lifetimes by the fake clock, in ms; a real one would take too long, so there nothing expires here. */
const FAKE_UNIT = 100;

/** Some time passes, and then the calls are made together. */
interface Batch {
  readonly drafts: readonly Draft[];
  readonly pass: number;
}

type Program = readonly Batch[];

function programs(callsTogether: number, batches: number): fc.Arbitrary<Program> {
  const minLength = Math.min(2, callsTogether);
  const drafts = fc.array(anyDraft, { minLength, maxLength: callsTogether, size: "max" });
  const pass = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(2 * FAKE_UNIT) });
  return fc.array(fc.record({ drafts, pass }), { minLength: 1, maxLength: batches, size: "max" });
}

async function answersInSequence(fixture: Fixture): Promise<void> {
  const { interleavings = DEFAULT_INTERLEAVINGS } = fixture.harness;
  await check(fixture, programs(1, 12), Math.ceil(interleavings / 5));
}

async function answersTogether(fixture: Fixture): Promise<void> {
  const { interleavings = DEFAULT_INTERLEAVINGS } = fixture.harness;
  await check(fixture, programs(CALLS_TOGETHER, 3), interleavings);
}

async function leavesBrowsed(fixture: Fixture): Promise<void> {
  const { interleavings = DEFAULT_INTERLEAVINGS } = fixture.harness;
  await check(fixture, programs(CALLS_TOGETHER, 4), Math.ceil(interleavings / 20), (run) => run.compareBrowsed());
}

/** @param look Looks at what each batch of calls has left. */
async function check(
  fixture: Fixture,
  program: fc.Arbitrary<Program>,
  numRuns: number,
  look: (run: Run) => Promise<void> = (run) => run.compareLists(),
): Promise<void> {
  const property = fc.asyncProperty(program, (batches) => new Run(fixture, look).all(batches));
  await fc.assert(property, { numRuns, includeErrorInReport: true, ...replayed(fixture.harness) });
}

/** The seed and the path to run again, from the harness or else from the environment. */
function replayed(harness: StoreHarness): { seed?: number; path?: string } {
  const { COATCHECK_SEED, COATCHECK_PATH } = process.env;
  const seed = harness.seed ?? (COATCHECK_SEED === undefined ? undefined : Number(COATCHECK_SEED));
  const path = harness.path ?? COATCHECK_PATH;
  if (seed === undefined) return {};
  return path === undefined ? { seed } : { seed, path };
}

/** One run of a program, on keys and owners of its own. */
class Run {
  readonly #fixture: Fixture;
  readonly #look: (run: Run) => Promise<void>;
  readonly #unit: number;
  readonly #owners: readonly [string, string] = [newOwner(), newOwner()];
  /** What the keys of this run begin with, and no others. */
  readonly #prefix = newKey().slice(0, 16);
  readonly #keys: string[] = [this.#newKey(), this.#newKey(), this.#newKey()];
  readonly #story: string[] = [];
  #state: State = new Map();
  #events = 0;

  constructor(fixture: Fixture, look: (run: Run) => Promise<void>) {
    this.#fixture = fixture;
    this.#look = look;
    this.#unit = fixture.harness.time === "fake" ? FAKE_UNIT : HOUR;
  }

  async all(batches: readonly Batch[]): Promise<void> {
    try {
      await this.#begin();
      for (const [index, batch] of batches.entries()) await this.#batch(batch, index);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new assert.AssertionError({ message: this.#readable([reason, ...this.#story].join("\n")) });
    }
  }

  /** The first key opens a session with an owner, the second one without; the third opens nothing yet. */
  async #begin(): Promise<void> {
    const now = this.#fixture.clock();
    const common = { createdAt: now, expiresAt: now + 3 * this.#unit, version: 1 };
    for (const [index, owner] of [this.#owners[0], undefined].entries()) {
      const key = this.#keys[index] ?? "";
      const record = { ...common, fields: new Map([["a", "0"]]), owner };
      assert.equal(await this.#fixture.store.create(key, record), true);
      this.#state = new Map(this.#state).set(key, { record, isNew: false });
    }
  }

  async #batch({ drafts, pass }: Batch, index: number): Promise<void> {
    if (this.#fixture.harness.time === "fake") await this.#fixture.until(this.#fixture.clock() + pass);
    const now = this.#fixture.clock();
    this.#state = withoutExpired(this.#state, now);
    this.#story.push(`${index + 1}. ${pass} ms later${drafts.length > 1 ? ", together" : ""}:`);
    const operations = this.#concrete(drafts, now);
    const calls = await Promise.all(operations.map((operation, i) => this.#call(operation, drafts[i], now)));
    for (const { operation, answer, began, ended } of calls) {
      this.#story.push(`   ${began}-${ended} ${tell(operation, answer)}`);
    }
    const observer = storeAt(this.#fixture, index);
    const after = await loadAll(observer, this.#keys);
    for (const [key, text] of after) if (text !== ABSENT) this.#story.push(`   then ${key} is ${text}`);
    const state = explain(this.#state, calls, { keys: this.#keys, after, now });
    assert.ok(state, calls.length > 1 ? "No order of the calls gives these answers:" : "The model answers otherwise:");
    this.#state = new Map([...state].map(([key, { record }]) => [key, { record, isNew: false }]));
    await this.#look(this);
  }

  #concrete(drafts: readonly Draft[], now: number): Operation[] {
    const keys = [...this.#keys];
    const freshKey = (): string => {
      const key = this.#newKey();
      this.#keys.push(key);
      return key;
    };
    const around = { state: this.#state, keys, owners: this.#owners, now, unit: this.#unit, freshKey };
    return drafts.map((draft) => concrete(draft, around));
  }

  async #call(operation: Operation, draft: Draft | undefined, now: number): Promise<Call> {
    await turns(draft?.wait ?? 0);
    const began = ++this.#events;
    const answer = await perform(storeAt(this.#fixture, draft?.via ?? 0), operation, now);
    return { operation, answer, began, ended: ++this.#events };
  }

  #newKey(): string {
    return this.#prefix + newKey().slice(this.#prefix.length);
  }

  async compareBrowsed(): Promise<void> {
    const browsed = await browseAll(this.#fixture, { keyPrefix: this.#prefix, limit: 3 });
    const found = [...browsed].map(([key, record]) => [key, textOf(record)]);
    const live = [...this.#state].filter(([, { record }]) => record.movedTo === undefined);
    const expected = live.map(([key, { record }]) => [key, textOf(record)]);
    assert.deepEqual(found.sort(), expected.sort(), `What is browsed is ${show(found)}:`);
  }

  async compareLists(): Promise<void> {
    for (const [index, owner] of this.#owners.entries()) {
      const found = [...(await listAll(storeAt(this.#fixture, index), owner))].map(([key, record]) => [
        key,
        textOf(record),
      ]);
      const expected = liveOf(this.#state, owner).map(([key, { record }]) => [key, textOf(record)]);
      assert.deepEqual(found.sort(), expected.sort(), `The list of ${owner} is ${show(found)}:`);
    }
  }

  /** Keys and owners by short names. */
  #readable(text: string): string {
    const named = range(this.#keys.length).reduce((all, i) => all.replaceAll(this.#keys[i] ?? "", `key${i}`), text);
    return named.replaceAll(this.#owners[0], "ann").replaceAll(this.#owners[1], "bob");
  }
}
