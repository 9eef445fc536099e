// Is there an order in which calls that ran together could have run one after another? The search tries them all.
// It knows the model, and no store.
import { type Answer, liveOf, type Operation, outcomesOf, type State, textOf, without } from "../store-model.ts";

/** A call that was made, with its answer. */
export interface Call {
  readonly operation: Operation;
  readonly answer: Answer;
  /** When it began and ended, on a counter of such events: who ended before another began comes before it. */
  readonly began: number;
  readonly ended: number;
}

/** Where a search stands: what is stored, and how far each call has come. */
interface Position {
  readonly state: State;
  readonly progress: readonly Progress[];
}

/** An atomic call is not begun or done; a destroyAll has ended some sessions; a list has seen some keys. */
interface Progress {
  readonly done: boolean;
  readonly ended: number;
  readonly seen: ReadonlySet<string>;
}

const NOT_BEGUN: Progress = { done: false, ended: 0, seen: new Set() };

/**
 * Searches an order of the calls, within the times at which they began and ended, that gives each its answer and leaves
 * `after`. A load, create, commit, replace and destroy each happen at one moment. A list may look at each key at a
 * moment of its own, and a destroyAll end each session at its own, but when it ends, no session that was the owner's
 * before the calls began is left, under whatever key it goes on.
 *
 * @param keys All keys that the calls may have met.
 * @param after What each key loaded after the calls.
 * @returns What is then stored; `undefined` when no order explains the answers.
 */
export function explain(
  before: State,
  calls: readonly Call[],
  { keys, after, now }: { keys: readonly string[]; after: ReadonlyMap<string, string>; now: number },
): State | undefined {
  const tried = new Set<string>();

  function search(position: Position): State | undefined {
    const mark = markOf(position);
    if (tried.has(mark)) return undefined;
    tried.add(mark);
    if (position.progress.every(({ done }) => done)) return isAfter(position.state) ? position.state : undefined;
    for (const [index, call] of calls.entries()) {
      if (!mayGoOn(position, index)) continue;
      for (const { state, progress } of stepsOf(position, index, call)) {
        const found = search({ state, progress: position.progress.with(index, progress) });
        if (found) return found;
      }
    }
    return undefined;
  }

  function markOf({ state, progress }: Position): string {
    const stored = keys.map((key) => [textOf(state.get(key)?.record), state.get(key)?.isNew]);
    return JSON.stringify([progress.map(({ done, ended, seen }) => [done, ended, ...seen]), stored]);
  }

  function isAfter(state: State): boolean {
    return keys.every((key) => textOf(state.get(key)?.record) === after.get(key));
  }

  function mayGoOn({ progress }: Position, index: number): boolean {
    const began = calls[index]?.began ?? 0;
    return !progress[index]?.done && calls.every((earlier, i) => earlier.ended > began || progress[i]?.done === true);
  }

  function stepsOf(position: Position, index: number, call: Call): readonly Step[] {
    const { state } = position;
    const progress = position.progress[index] ?? NOT_BEGUN;
    if (call.operation.call === "sweep") return [{ state, progress: { ...progress, done: true } }];
    if (call.operation.call === "list") return listSteps(state, call, progress, keys);
    if (call.operation.call === "destroyAll") return destroyAllSteps(state, call, call.operation, progress);
    return outcomesOf(state, call.operation, now)
      .filter(({ answer }) => answer === call.answer)
      .map((outcome) => ({ state: outcome.state, progress: { ...progress, done: true } }));
  }

  return search({ state: before, progress: calls.map(() => NOT_BEGUN) });
}

interface Step {
  readonly state: State;
  readonly progress: Progress;
}

/** The list looks at all keys whose present state is what it answered of them. */
function listSteps(state: State, { operation, answer }: Call, progress: Progress, keys: readonly string[]): Step[] {
  if (operation.call !== "list" || !(answer instanceof Map)) return [];
  const found = new Map(liveOf(state, operation.owner).map(([key, { record }]) => [key, textOf(record)]));
  const seen = new Set([...progress.seen, ...keys.filter((key) => found.get(key) === answer.get(key))]);
  if (seen.size === progress.seen.size) return [];
  return [{ state, progress: { ...progress, seen, done: seen.size === keys.length } }];
}

function destroyAllSteps(
  state: State,
  call: Call,
  { owner, except }: { readonly owner: string; readonly except: string | undefined },
  progress: Progress,
): Step[] {
  const left = liveOf(state, owner).filter(([key]) => key !== except);
  const steps: Step[] = [];
  if (progress.ended === call.answer && left.every(([, { isNew }]) => isNew)) {
    steps.push({ state, progress: { ...progress, done: true } });
  }
  if (progress.ended < Number(call.answer)) {
    const ended = progress.ended + 1;
    for (const [key] of left) steps.push({ state: without(state, key), progress: { ...progress, ended } });
  }
  return steps;
}
