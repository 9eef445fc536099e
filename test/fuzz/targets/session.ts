// The dictionary with any keys and values, through a store and back: what could be assigned is there in the next request,
// what could not is refused by name, and no key is more than a key (SECURITY-BAR S23).
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { SessionKeyError, SessionValueError } from "../../../src/core/errors.ts";
import { createManager, type SessionManager } from "../../../src/core/manager.ts";
import { isControl } from "../../../src/core/session/controls.ts";
import { memoryStore } from "../../../src/stores/memory/index.ts";
import { few, listOf, oneIn, pick, type Random } from "../random.ts";
import { defineTarget, type Subject } from "../target.ts";
import { anyText } from "../texts.ts";
import { SECRETS } from "./issued.ts";
import { type AnyValue, anyValue } from "./values.ts";

type Data = { [key: string]: unknown };

interface Step {
  readonly key: string;
  /** What is assigned; `undefined`: the key is deleted. */
  readonly assigned: AnyValue | undefined;
}

interface Visit {
  readonly isEncrypted: boolean;
  readonly steps: readonly Step[];
}

const RESERVED = ["__proto__", "id", "owner", "csrfToken", "login", "signal", "get", "destroy"];

export const session = defineTarget<Visit>({
  name: "session",
  about: "what can be assigned under any key is there in the next request, and what can't is refused naming the key",
  share: 25_000,
  cases: 8_000,
  prepare,
});

function prepare(): Subject<Visit> {
  const [secret, key] = SECRETS;
  const plain = createManager<Data>({ secret, store: memoryStore() }, memoryStore);
  const encrypted = createManager<Data>({ secret, store: memoryStore(), encryption: { keys: [key] } }, memoryStore);
  return {
    generate: (random) => ({ isEncrypted: oneIn(random, 3), steps: listOf(random, 1 + few(random, 6), anyStep) }),
    check: ({ isEncrypted, steps }) => checkVisit(isEncrypted ? encrypted : plain, steps),
  };
}

function anyStep(random: Random): Step {
  const key = oneIn(random, 10)
    ? pick(random, RESERVED)
    : oneIn(random, 3)
      ? pick(random, ["a", "b"])
      : anyText(random);
  return { key, assigned: oneIn(random, 5) ? undefined : anyValue(random) };
}

async function checkVisit(sessions: SessionManager<Data>, steps: readonly Step[]): Promise<void> {
  const model = new Map<string, unknown>();
  const first = await sessions.open(undefined);
  for (const step of steps) take(first.session, model, step);
  assertHolds(first.session, model);
  const { setCookie } = await first.finish(() => true);
  assert.equal(setCookie !== undefined, model.size > 0, "a session is stored when it has data");
  if (setCookie === undefined) return;

  const next = await sessions.open(setCookie.slice(0, setCookie.indexOf(";")));
  assertHolds(next.session, model);
  assert.equal((await next.finish(() => true)).setCookie, undefined, "reading changes nothing");
  await sessions.revoke(first.session.key);
}

function take(session: Data, model: Map<string, unknown>, { key, assigned }: Step): void {
  const isReserved = isControl(key) || key === "__proto__";
  try {
    if (assigned) session[key] = assigned.value;
    else delete session[key];
  } catch (error) {
    const expected = isReserved ? SessionKeyError : SessionValueError;
    assert(error instanceof expected, `not a ${String(error)}`);
    assert(isReserved || assigned?.isStorable !== true, error.message);
    return;
  }
  assert(!isReserved, "a reserved key is refused");
  assert.notEqual(assigned?.isStorable, false, "what can't be stored is refused");
  if (assigned) model.set(key, assigned.value);
  else model.delete(key);
}

function assertHolds(session: Data, model: ReadonlyMap<string, unknown>): void {
  assert.deepEqual(Object.keys(session).sort(), [...model.keys()].sort(), "the keys are those that were assigned");
  for (const [key, value] of model) {
    assert(key in session && Object.hasOwn(session, key));
    assert(isDeepStrictEqual(session[key], value), `the value of ${JSON.stringify(key)} is as it was`);
  }
  assert.equal(Object.getPrototypeOf(session), Object.prototype);
}
