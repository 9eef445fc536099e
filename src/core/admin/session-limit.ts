// At most so many sessions an owner (ASVS 7.1.2, SECURITY-BAR S13). Each login counts what is there once its own session
// is: of logins that meet, the last to count sees them all, so the limit holds without a lock in any store.
import { SessionLimitError, SessionRecordError } from "../errors.ts";
import type { SessionEventListener } from "../events.ts";
import type { ListPage, SessionRecord, SessionStore } from "../record/store.ts";
import { checkOptions, type OptionChecks, oneOfOption, required, wholeNumberOption } from "../util/option-checks.ts";
import type { Revocations } from "./revocation.ts";

/** What becomes of a login for which there is no room. */
export type SessionLimitOption =
  | number
  | {
      readonly limit: number;
      /**
       * `"drop-oldest"` (default): the sessions that logged in first are ended; of more logins at the very same moment than
       * there is room for, those that count as the first fail with a SessionLimitError. `"refuse"`: the login fails with it
       * where there is no room; of logins at the very same moment on several servers all may.
       */
      readonly whenFull?: "drop-oldest" | "refuse" | undefined;
    };

export interface SessionLimit {
  readonly limit: number;
  readonly whenFull: "drop-oldest" | "refuse";
}

/** @throws SessionOptionError. */
export function parseSessionLimit(option: SessionLimitOption | undefined): SessionLimit | undefined {
  if (option === undefined) return undefined;
  if (typeof option === "object" && option !== null) {
    const remedy = 'Give a number, or { limit: 3, whenFull: "refuse" }.';
    const { limit, whenFull = "drop-oldest" } = checkOptions<LimitOptions>(
      option,
      CHECKS,
      remedy,
      "maxSessionsPerOwner",
    );
    return { limit, whenFull };
  }
  atLeastOne("maxSessionsPerOwner", option);
  return { limit: option, whenFull: "drop-oldest" };
}

type LimitOptions = Exclude<SessionLimitOption, number>;

const atLeastOne = wholeNumberOption(1);

const CHECKS: OptionChecks<LimitOptions> = {
  limit: required(atLeastOne),
  whenFull: oneOfOption("drop-oldest", "refuse"),
};

/** A session of an owner; without a record where that can't be read. */
export interface FoundSession {
  readonly key: string;
  readonly record: SessionRecord | undefined;
}

/** The sessions of an owner, page by page. An event names each that can't be read. */
export async function* sessionsOf(
  store: SessionStore,
  owner: string,
  emit: SessionEventListener,
): AsyncGenerator<FoundSession> {
  let cursor: string | undefined;
  do {
    const { sessions, unreadable = [], next }: ListPage = await store.list(owner, { cursor });
    yield* sessions;
    for (const key of unreadable) {
      emit({ type: "error", operation: "list", error: new SessionRecordError("of an owner can't be read"), key });
      yield { key, record: undefined };
    }
    cursor = next;
  } while (cursor !== undefined);
}

/** What the limit is kept with. */
interface LimitedSessions {
  readonly store: SessionStore;
  readonly revocations: Pick<Revocations, "end">;
  readonly emit: SessionEventListener;
  readonly sessionLimit: SessionLimit | undefined;
}

/**
 * Where logins are refused: finds room for one session more, beside the one of `key`.
 * @throws SessionLimitError when there is none.
 */
export async function refuseWhenFull(
  { store, sessionLimit, emit }: LimitedSessions,
  owner: string,
  key: string,
): Promise<void> {
  if (sessionLimit?.whenFull !== "refuse") return;
  const { limit } = sessionLimit;
  let others = 0;
  for await (const session of sessionsOf(store, owner, emit)) {
    if (session.key !== key && ++others >= limit) throw new SessionLimitError(limit);
  }
}

/** Where the oldest make room: ends the sessions that are too many, those that logged in first, and tells their keys. */
export async function dropOldest(context: LimitedSessions, owner: string): Promise<readonly string[]> {
  const { store, revocations, emit, sessionLimit } = context;
  if (sessionLimit?.whenFull !== "drop-oldest") return [];
  const dropped = await oldestOver(context, sessionLimit.limit, owner);
  for (const key of dropped) {
    const wasLive = await store.destroy(key);
    revocations.end(key);
    if (wasLive) emit({ type: "revoked", key, owner, count: 1 });
  }
  return dropped;
}

/**
 * Every server orders an owner's sessions in the same way, so of logins that meet all end the same ones. What can't be
 * read counts as one session, and goes first: it opens for nobody.
 */
async function oldestOver({ store, emit }: LimitedSessions, limit: number, owner: string): Promise<string[]> {
  const sessions: FoundSession[] = [];
  for await (const session of sessionsOf(store, owner, emit)) sessions.push(session);
  const byAge = sessions.sort((a, b) => beginning(a) - beginning(b) || (a.key < b.key ? -1 : 1));
  return byAge.slice(0, Math.max(0, byAge.length - limit)).map(({ key }) => key);
}

function beginning({ record }: FoundSession): number {
  return record?.createdAt ?? 0;
}
