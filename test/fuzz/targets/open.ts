// A whole Cookie header through a manager: no header is an error, only cookies that were issued reach the store, and the
// session that opens is the one that the rules name (SECURITY-BAR S2, S19, S22, S28).
import assert from "node:assert/strict";
import type { RequestSession } from "../../../src/core/manager.ts";
import { createManager } from "../../../src/core/manager.ts";
import type { SessionRecord, SessionStore } from "../../../src/core/record/store.ts";
import { memoryStore } from "../../../src/stores/memory/index.ts";
import { few, listOf, oneIn, pick, type Random } from "../random.ts";
import { defineTarget, type Subject } from "../target.ts";
import { anyText, mutated } from "../texts.ts";
import { valuesIn } from "./cookie-header.ts";
import { foreignTexts, type IssuedId, issueIds, SECRETS } from "./issued.ts";

type Data = { n?: number };

const SESSIONS = 12;
/** What the manager looks up of one request, the last ones. */
const NOW = 1_700_000_000_000;
const HOUR = 3_600_000;

export const open = defineTarget<string>({
  name: "open",
  about:
    "opens with any Cookie header exactly the session that the rules name, or none, and asks the store for no other",
  share: 100_000,
  cases: 40_000,
  prepare,
});

function prepare(): Subject<string> {
  const issued = issueIds("session", SESSIONS);
  const records = new Map<string, SessionRecord>();
  // Of twelve sessions four have an owner, and three have ended.
  for (const [i, { key }] of issued.filter(({ isNewest }) => isNewest).entries()) {
    if (i % 4 === 3) continue;
    const owner = i % 3 === 1 ? `owner${i}` : undefined;
    const fields = new Map([["n", String(i)]]);
    records.set(key, { fields, createdAt: NOW, expiresAt: NOW + HOUR, owner, version: 1 });
  }
  const { store, loads } = watched(records);
  const sessions = createManager<Data>(
    { secret: [...SECRETS] as [string, ...string[]], store, clock: () => NOW, idleTimeout: HOUR },
    () => store,
  );
  const texts = issued.map(({ text }) => text);
  const pieces = [...texts, ...foreignTexts("session"), "session=", "session2=", "; ", ";", "=", '"'];
  const expected = createModel(issued, records);

  const check = (header: string): void | Promise<void> => {
    loads.length = 0;
    const opened = sessions.open(header);
    return opened instanceof Promise ? opened.then((active) => verify(active, header)) : verify(opened, header);
  };

  function verify(active: RequestSession<Data>, header: string): void {
    const { lookups, winner } = expected(header);
    assert.deepEqual([...loads].sort(), [...lookups].sort(), "the store is asked for issued cookies alone");
    assert.equal(active.session.isNew, winner === undefined);
    assert.deepEqual({ ...active.session }, winner ? { n: winner.n } : {});
    if (winner) assert.equal(active.session.key, winner.key);
    const duties = active.finish(() => false);
    assert(!(duties instanceof Promise), "a session that was only read is done at once");
    assert.equal(duties.setCookie !== undefined, winner !== undefined && !winner.isNewest);
  }

  return { generate: (random) => anyHeader(random, texts, pieces), ofText: (header) => header, check };
}

/** A store that holds these records for good, and notes what it is asked for. */
function watched(records: ReadonlyMap<string, SessionRecord>): { store: SessionStore; loads: string[] } {
  const loads: string[] = [];
  const load = (key: string): SessionRecord | undefined => {
    loads.push(key);
    return records.get(key);
  };
  const rest = memoryStore();
  return { store: new Proxy(rest, { get: (target, name) => (name === "load" ? load : bound(target, name)) }), loads };
}

function bound(target: object, name: PropertyKey): unknown {
  const member: unknown = Reflect.get(target, name);
  return typeof member === "function" ? member.bind(target) : member;
}

interface Expected {
  readonly lookups: readonly string[];
  readonly winner: { readonly key: string; readonly n: number; readonly isNewest: boolean } | undefined;
}

/** The rules: each issued cookie counts once, all are looked up, and one with an owner goes before the rest. */
function createModel(
  issued: readonly IssuedId[],
  records: ReadonlyMap<string, SessionRecord>,
): (header: string) => Expected {
  const known = new Map(issued.map((each) => [each.text, each]));
  return (header) => {
    const byKey = new Map<string, IssuedId>();
    for (const value of valuesIn(header, "session")) {
      const found = known.get(value);
      if (found) byKey.set(found.key, found);
    }
    const candidates = [...byKey.values()];
    const live = candidates.filter(({ key }) => records.has(key));
    const best = live.findLast(({ key }) => records.get(key)?.owner !== undefined) ?? live.at(-1);
    const n = Number(best && records.get(best.key)?.fields.get("n"));
    return { lookups: candidates.map(({ key }) => key), winner: best && { key: best.key, n, isNewest: best.isNewest } };
  };
}

function anyHeader(random: Random, texts: readonly string[], pieces: readonly string[]): string {
  const one = (): string => {
    if (oneIn(random, 6)) return `${anyText(random)}=${anyText(random)}`;
    const text = pick(random, texts);
    return `session=${oneIn(random, 2) ? text : mutated(random, text, pieces)}`;
  };
  if (oneIn(random, 20)) return listOf(random, 20, () => `session=${pick(random, texts)}`).join("; ");
  const header = listOf(random, 1 + few(random, 12), one).join(oneIn(random, 4) ? ";" : "; ");
  return oneIn(random, 3) ? mutated(random, header, pieces) : header;
}
