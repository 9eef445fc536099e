// The way in: Cookie header -> candidates -> verified IDs -> records -> the session of this request.
// No store is asked before a signature has verified.

import { SessionRecordError, StoreUnavailableError } from "../errors.ts";
import { wasRenewed } from "../record/moves.ts";
import type { Awaitable, SessionRecord } from "../record/store.ts";
import { type OpenedSession, openRecord, StoredSession } from "../record/stored-session.ts";
import { ActiveSession } from "../session/active-session.ts";
import { RENEWED_AT, UNSENT } from "../session/reserved-fields.ts";
import type { SessionContext } from "../session-context.ts";
import type { RefusalReason, VerifiedId } from "./session-id.ts";

/** For how long, in ms, an ID that was renewed still opens the session. */
const RENEWAL_GRACE = 10_000;

/** What becomes of a request whose session can't be read: 503, or on without a session that can be written. */
export type UnavailablePolicy = "fail" | "anonymous";

/** Opens the session of a request. A store that answers at once makes it answer at once. */
export function openSession(
  context: SessionContext,
  policy: UnavailablePolicy,
  cookieHeader: string | null | undefined,
  now: number,
): Awaitable<ActiveSession> {
  const values = cookieHeader ? context.cookie.find(cookieHeader) : [];
  if (values.length === 0) return begin(context, now, false);
  const verified = verifyAll(context, values);
  const [first] = verified;
  if (first === undefined) return begin(context, now, true);

  const afterFailure = (error: unknown): ActiveSession => goOnWithout(context, policy, now, error);
  try {
    const opened = verified.length === 1 ? find(context, first, now) : findBest(context, verified, now);
    return opened instanceof Promise
      ? opened.then((found) => resume(context, now, found), afterFailure)
      : resume(context, now, opened);
  } catch (error) {
    return afterFailure(error);
  }
}

/** A session that nothing is stored of yet. */
function begin(context: SessionContext, now: number, hasCookie: boolean): ActiveSession {
  return new ActiveSession(context, new StoredSession(context, now, undefined), hasCookie);
}

function resume(context: SessionContext, now: number, opened: OpenedSession | undefined): ActiveSession {
  if (!opened) context.emit({ type: "refused", reason: "unknown" });
  return new ActiveSession(context, new StoredSession(context, now, opened), true);
}

function goOnWithout(context: SessionContext, policy: UnavailablePolicy, now: number, error: unknown): ActiveSession {
  context.emit({ type: "error", operation: "load", error });
  const stored = new StoredSession(context, now, undefined);
  // A broken record opens nothing, and the visitor begins anew; that is no outage.
  if (error instanceof SessionRecordError) return new ActiveSession(context, stored, true);
  if (policy === "fail" || !(error instanceof StoreUnavailableError)) throw error;
  return new ActiveSession(context, stored, true, error);
}

/** The IDs whose signature is ours, each once. */
function verifyAll(context: SessionContext, values: readonly string[]): readonly VerifiedId[] {
  if (values.length === 1) return verifyOne(context, values[0] as string);
  let refusal: RefusalReason | undefined;
  const verified = new Map<string, VerifiedId>();
  for (const value of values) {
    const result = context.signer.verify(value);
    if (typeof result === "string") refusal = result;
    else verified.set(result.key, result);
  }
  if (verified.size === 0 && refusal) context.emit({ type: "refused", reason: refusal });
  return [...verified.values()];
}

/** What nearly every request comes to. */
function verifyOne(context: SessionContext, value: string): readonly VerifiedId[] {
  const result = context.signer.verify(value);
  if (typeof result !== "string") return [result];
  context.emit({ type: "refused", reason: result });
  return [];
}

function find(context: SessionContext, verified: VerifiedId, now: number): Awaitable<OpenedSession | undefined> {
  const record = context.store.load(verified.key);
  return record instanceof Promise
    ? record.then((found) => open(context, verified, found, now))
    : open(context, verified, record, now);
}

function open(
  context: SessionContext,
  verified: VerifiedId,
  record: SessionRecord | undefined,
  now: number,
): Awaitable<OpenedSession | undefined> {
  if (!record || isOver(context, record, now)) return undefined;
  if (record.movedTo !== undefined) return followRenewal(context, verified, record.movedTo, now);
  return openRecord(context, verified, record, !verified.newest);
}

/** The absolute limit is counted anew at each request: it holds also where it was shortened, or the expiry tampered with. */
function isOver({ limits, store }: SessionContext, { expiresAt, createdAt }: SessionRecord, now: number): boolean {
  return expiresAt <= now || (now - createdAt >= limits.absolute && !store.sharesRecords);
}

/**
 * If the ID was renewed a moment ago, the request goes on under the new key, and the browser gets no second cookie. The
 * pointers that other moves leave open nothing.
 */
async function followRenewal(
  context: SessionContext,
  verified: VerifiedId,
  newKey: string,
  now: number,
): Promise<OpenedSession | undefined> {
  const record = await context.store.load(newKey);
  if (!record || isOver(context, record, now) || !wasRenewed(record)) return undefined;
  const opened = openRecord(context, { id: verified.id, key: newKey, isSuperseded: true }, record, false);
  // The browser never got the new ID: the session is renewed again, with a cookie this time.
  if (opened.record.fields.get(UNSENT)?.includes(verified.key)) {
    return { ...opened, identity: { id: verified.id, key: newKey } };
  }
  const renewedAt = Number(opened.record.fields.get(RENEWED_AT));
  return now - renewedAt < RENEWAL_GRACE ? opened : undefined;
}

/** A record that is broken opens nothing, and does not stand in the way of another cookie's. */
async function findUnbroken(
  context: SessionContext,
  verified: VerifiedId,
  now: number,
): Promise<OpenedSession | undefined> {
  try {
    return await find(context, verified, now);
  } catch (error) {
    if (!(error instanceof SessionRecordError)) throw error;
    context.emit({ type: "error", operation: "load", error, key: verified.key });
    return undefined;
  }
}

/**
 * Looks up every verified cookie, all at the same time: a limit would let planted cookies lock the visitor out. Headers of
 * 16 KB, the most that Node accepts, hold about 160.
 *
 * The session that wins where several cookies of one name open one each: a visitor who has logged in before one who
 * has not, then the last in the header. Cookies planted from a subdomain or for a longer path stand before ours, so
 * they neither log the visitor in nor out (RFC 6265bis 5.8.3, SECURITY-BAR S19).
 */
async function findBest(
  context: SessionContext,
  verified: readonly VerifiedId[],
  now: number,
): Promise<OpenedSession | undefined> {
  const found = await Promise.all(verified.map((candidate) => findUnbroken(context, candidate, now)));
  const live = found.filter((opened) => opened !== undefined);
  return live.findLast((opened) => opened.record.owner !== undefined) ?? live.at(-1);
}
