// What the suite asks of those who run it, and what they get: the words of the public interface.
// It knows no store and no test runner.
import type { Awaitable, Clock, SessionStore } from "../../core/record/store.ts";

/** How the suite comes by stores. Only `createStore` and `time` are needed; every other part adds cases. */
export interface StoreHarness {
  /**
   * A store for one case, that measures by the clock it is given (a store whose server has a clock of its own leaves it
   * alone: `time: "real"`). It may share its data with the stores of earlier cases, but with nothing that runs at the
   * same time. The suite closes it.
   */
  createStore(clock: Clock): Awaitable<SessionStore>;
  /**
   * `"fake"`: the store measures by the given clock, which the suite advances; every limit is checked to the
   * millisecond. `"real"`: the store's server measures by its own clock, which must agree with this machine's; the suite
   * waits for short expiries and leaves out the cases that need an exact millisecond or an exact count of a sweep.
   */
  readonly time: "fake" | "real";
  /**
   * A second store on the data of the first, as another process would open it. It adds the cases of several processes,
   * and races are then spread over both. The suite closes it.
   */
  another?(store: SessionStore, clock: Clock): Awaitable<SessionStore>;
  /** A store whose server does not answer. It adds the cases of law 6 about outages. The suite closes it. */
  outage?(): Awaitable<SessionStore>;
  /** Makes the record of a key unreadable, as another program would. It adds the cases about such records. */
  damage?(store: SessionStore, key: string): Awaitable<unknown>;
  /** `false` for a store without `subscribe`; default `true`. A case checks that it is said truly. */
  readonly subscribes?: boolean;
  /** `true` for a store with `developmentSecret`; default `false`. A case checks that it is said truly. */
  readonly keepsSecret?: boolean;
  /** `true` for a store with `browse` and `count`; default `false`. A case checks that it is said truly. */
  readonly browses?: boolean;
  /** How many random interleavings of calls are tried; default 1,000. */
  readonly interleavings?: number;
  /** Runs the random cases again as they failed, as COATCHECK_SEED does; the error of a failed case names it. */
  readonly seed?: number;
  /** With `seed`, goes straight to what failed, as COATCHECK_PATH does; it belongs to one case, so run that one alone. */
  readonly path?: string;
  /** How long a record lives that a case lets expire, in ms; default 1,000 by the fake clock and 400 by a real one, where
   * a case that is too slow for it is run again with twice as much. */
  readonly shortLife?: number;
  /** The longest key that the suite stores, in characters; default 21,500. The library's own have 43. */
  readonly maxKeyLength?: number;
  /** How long a call may take in an outage, in ms; default 5,000. */
  readonly deadline?: number;
}

/** One of the laws of a {@link SessionStore}, by its number there. */
export type Law = 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** One thing that every store does. */
export interface ConformanceCase {
  readonly law: Law;
  /** Unique, and the same for every store: `"law 2: create never overwrites"`. */
  readonly name: string;
  /** Makes a store, runs the case on it and closes it. Rejects with an AssertionError that says what was wrong. */
  run(): Promise<void>;
}

/** What a case needs of the harness; cases whose needs it does not meet are not in the list. */
export type Need = "exactTime" | "another" | "outage" | "damage" | "subscribe" | "secret" | "browse";

/** A case before it has a store. */
export interface CaseDefinition {
  readonly law: Law;
  readonly name: string;
  readonly needs?: readonly Need[];
  run(fixture: Fixture): Promise<void>;
}

/** What a case works with. */
export interface Fixture {
  readonly harness: StoreHarness;
  readonly store: SessionStore;
  /** All stores on the same data: one, or two where the harness gives another. Races are spread over them. */
  readonly stores: readonly SessionStore[];
  readonly clock: Clock;
  /** Lets time pass until it is that moment by every clock, in ms. */
  until(moment: number): Promise<void>;
  /** When a record ends that is made now and that the case lets expire. */
  soon(): number;
  /** When a record ends that outlives the case. */
  later(): number;
}
