// At most so many sessions an owner (ASVS 7.1.2, SECURITY-BAR S13). Each login counts what is there once its own session
// is: of logins that meet, the last to count sees them all, so the limit holds without a lock in any store.
import { described } from "./described.ts";
import { SessionLimitError, SessionOptionError } from "./errors.ts";
import type { SessionEventListener } from "./events.ts";
import { checkOptionNames } from "./option-names.ts";
import type { Revocations } from "./revocation.ts";
import type { ListedRecord, ListPage, SessionStore } from "./store.ts";

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
  const given = typeof option === "object" && option !== null ? option : { limit: option };
  checkOptionNames("maxSessionsPerOwner.", given, ["limit", "whenFull"]);
  const { limit, whenFull = "drop-oldest" }: Exclude<SessionLimitOption, number> = given;
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new SessionOptionError("maxSessionsPerOwner", `is ${described(limit)}`, "Give a whole number above zero.");
  }
  if (whenFull !== "drop-oldest" && whenFull !== "refuse") {
    throw new SessionOptionError("maxSessionsPerOwner.whenFull", "is unknown", 'Use "drop-oldest" or "refuse".');
  }
  return { limit, whenFull };
}

/** The live sessions of an owner, page by page. */
export async function* sessionsOf(store: SessionStore, owner: string): AsyncGenerator<ListedRecord> {
  let cursor: string | undefined;
  do {
    const page: ListPage = await store.list(owner, { cursor });
    yield* page.sessions;
    cursor = page.next;
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
  { store, sessionLimit }: LimitedSessions,
  owner: string,
  key: string,
): Promise<void> {
  if (sessionLimit?.whenFull !== "refuse") return;
  const { limit } = sessionLimit;
  let others = 0;
  for await (const session of sessionsOf(store, owner)) {
    if (session.key !== key && ++others >= limit) throw new SessionLimitError(limit);
  }
}

/** Where the oldest make room: ends the sessions that are too many, those that logged in first, and tells their keys. */
export async function dropOldest(context: LimitedSessions, owner: string): Promise<readonly string[]> {
  const { store, revocations, emit, sessionLimit } = context;
  if (sessionLimit?.whenFull !== "drop-oldest") return [];
  const dropped = await oldestOver(store, sessionLimit.limit, owner);
  for (const key of dropped) {
    const wasLive = await store.destroy(key);
    revocations.end(key);
    if (wasLive) emit({ type: "revoked", key, owner, count: 1 });
  }
  return dropped;
}

/** Every server orders an owner's sessions in the same way, so of logins that meet all end the same ones. */
async function oldestOver(store: SessionStore, limit: number, owner: string): Promise<string[]> {
  const sessions: ListedRecord[] = [];
  for await (const session of sessionsOf(store, owner)) sessions.push(session);
  const byAge = sessions.sort((a, b) => a.record.createdAt - b.record.createdAt || (a.key < b.key ? -1 : 1));
  return byAge.slice(0, Math.max(0, byAge.length - limit)).map(({ key }) => key);
}
