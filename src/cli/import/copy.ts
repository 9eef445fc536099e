// Copies live sessions from a source into a store: each once, with the time that it has left, and never over one that is
// there. It knows no client and no terminal.

import type { SessionStore } from "../../core/record/store.ts";
import { keyOfId } from "../../core/request/session-id.ts";
import { reasonOf } from "../exit.ts";
import type { Journal } from "./journal.ts";
import type { createTranslator, Imported } from "./records.ts";
import type { ImportSource, SourceSession } from "./source.ts";

interface CopyPlan {
  readonly source: ImportSource;
  readonly target: SessionStore;
  readonly translate: ReturnType<typeof createTranslator>;
  readonly journal: Journal;
  /** Reads and translates everything, and stores nothing. */
  readonly dryRun: boolean;
  /** Told how many sessions were copied or looked at, and how many were left alone. */
  readonly progress: { add(number: number): void; skip(number: number): void };
  /** Between two steps: whether to stop here. */
  readonly shouldStop: () => boolean;
}

/** A session that can't be copied, by the key that it would have had. */
interface Refused {
  readonly key: string;
  readonly reason: string;
}

export interface CopyResult {
  /** Stored by this run; of a dry run, how many would have been. */
  readonly imported: number;
  /** Of those, how many have an owner. */
  readonly withOwner: number;
  /** Copied by an earlier run, and left alone. */
  readonly earlier: number;
  /** The target had a session under this key already. */
  readonly present: number;
  /** Ended in the source before they could be read. */
  readonly ended: number;
  readonly refused: readonly Refused[];
  /** Whether it was stopped before all were looked at. */
  readonly wasStopped: boolean;
}

/** How many sessions are under way at once: after a kill, no more than these are looked at twice. */
const BATCH = 200;

export async function copySessions(plan: CopyPlan): Promise<CopyResult> {
  const tally = { imported: 0, withOwner: 0, earlier: 0, present: 0, ended: 0 };
  const refused: Refused[] = [];
  for await (const page of plan.source.pages()) {
    const ids = [...new Set(page)].filter((id) => plan.journal.copiedBy(keyOfId(id)) === undefined);
    tally.earlier += page.filter((id) => plan.journal.copiedBy(keyOfId(id)) === "earlier").length;
    plan.progress.skip(page.length - ids.length);
    for (let at = 0; at < ids.length; at += BATCH) {
      if (plan.shouldStop()) return { ...tally, refused, wasStopped: true };
      const batch = ids.slice(at, at + BATCH);
      const result = await copyBatch(plan, batch);
      tally.imported += result.imported.length;
      tally.withOwner += result.imported.filter(({ record }) => record.owner !== undefined).length;
      tally.present += result.present;
      tally.ended += result.ended;
      refused.push(...result.refused);
      plan.progress.add(batch.length);
    }
  }
  return { ...tally, refused, wasStopped: false };
}

interface BatchResult {
  readonly imported: readonly Imported[];
  readonly present: number;
  readonly ended: number;
  readonly refused: readonly Refused[];
}

async function copyBatch(plan: CopyPlan, ids: readonly string[]): Promise<BatchResult> {
  const { source, target, journal, dryRun } = plan;
  const now = Date.now();
  const sessions = await source.read(ids);
  const translated = ids.map((id, i) => translateOne(plan, id, sessions[i], now));
  const ready = translated.filter((each) => each !== undefined && "record" in each);
  const stored = await Promise.all(
    ready.map(async ({ key, record }) =>
      dryRun ? (await target.load(key)) === undefined : target.create(key, record),
    ),
  );
  // Those that were there count as done, too: what becomes of them from now on is the target's affair.
  journal.add(ready.map(({ key }) => key));
  const imported = ready.filter((_, i) => stored[i]);
  return {
    imported,
    present: ready.length - imported.length,
    ended: translated.filter((each) => each === undefined).length,
    refused: translated.filter((each) => each !== undefined && "reason" in each),
  };
}

function translateOne(
  { translate }: CopyPlan,
  id: string,
  session: SourceSession | undefined,
  now: number,
): Imported | Refused | undefined {
  if (session === undefined) return undefined;
  try {
    return translate(id, session, now);
  } catch (error) {
    return { key: keyOfId(id), reason: reasonOf(error) };
  }
}
