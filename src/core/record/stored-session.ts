// One session's record as this request knows it: it creates, changes, moves and ends it in the store, and notes what
// the browser's cookie must become. It knows no dictionary, no framework and no header.

import { createSignalController, endReason } from "../admin/revocation.ts";
import { RandomnessError, SessionGoneError, SessionRecordError } from "../errors.ts";
import { CSRF, isContent, keyOfField, PERMANENT, RECORD_KEY, RENEWED_AT, UNSENT } from "../session/reserved-fields.ts";
import { type FieldChange, NO_CHANGE, TrackedFields } from "../session/tracked-fields.ts";
import type { SessionContext } from "../session-context.ts";
import { expiryOf, isTouchDue } from "../time.ts";
import { whenDone } from "../util/awaitable.ts";
import type { RecordCipher, RecordIdentity } from "./encryption.ts";
import { endMoved, POINTER_LIFETIME, wasRenewed } from "./moves.ts";
import { endOrphan, whenItShows } from "./orphans.ts";
import type { Awaitable, CommitResult, Replacement, SessionRecord } from "./store.ts";

/** The ID by which the browser knows a session, and the key by which the store does. */
export interface Identity {
  readonly id: string;
  readonly key: string;
  /** Another request has renewed the ID: this one still leads to the key, but is not to be issued again. */
  readonly isSuperseded?: true;
}

/** What the request's cookie opened. */
export interface OpenedSession {
  readonly identity: Identity;
  /** In the clear. */
  readonly record: SessionRecord;
  readonly cipher: RecordCipher | undefined;
  /** The cookie was signed by a secret that is on its way out, so it is to be signed again. */
  readonly isSignatureOld: boolean;
}

/** The session goes on under a new ID, whoever owns it from then on. */
interface Move {
  readonly owner: string | undefined;
  readonly createdAt: number;
  /** The old ID still serves requests under way. */
  readonly isRenewal?: true;
}

/** What the response has to do with the browser's cookie. */
type CookieDuty = "keep" | "issue" | "clear";

type RecordState = Pick<SessionRecord, "createdAt" | "expiresAt" | "owner" | "version">;

/** @throws SessionRecordError when the record can't be decrypted. */
export function openRecord(
  { encryption }: SessionContext,
  identity: Identity,
  record: SessionRecord,
  isSignatureOld: boolean,
): OpenedSession {
  if (encryption) {
    const { createdAt, owner, fields } = record;
    const cipher = encryption.open({ key: identity.key, createdAt, owner }, fields);
    return { identity, record: { ...record, fields: cipher.fields }, cipher, isSignatureOld };
  }
  if (record.fields.has(RECORD_KEY)) throw new SessionRecordError("is encrypted, and there is no option encryption");
  return { identity, record, cipher: undefined, isSignatureOld };
}

export class StoredSession {
  readonly fields: TrackedFields;
  cookieDuty: CookieDuty = "keep";
  /** Something of this session was stored, moved or ended by this request. */
  wasChanged = false;
  /** Activity is to be stored even if it is not due. */
  forceTouch = false;
  readonly #context: SessionContext;
  readonly #openedAt: number;
  #identity: Identity | undefined;
  #record: RecordState | undefined;
  #cipher: RecordCipher | undefined;
  /** Whoever asked for the signal of a session that is not stored yet: it lasts as long as this request. */
  #unstoredSignal: AbortController | undefined;

  constructor(context: SessionContext, openedAt: number, opened: OpenedSession | undefined) {
    this.#context = context;
    this.#openedAt = openedAt;
    this.#identity = opened?.identity;
    this.#record = opened?.record;
    this.#cipher = opened?.cipher;
    this.fields = new TrackedFields(opened?.record.fields);
    if (opened?.isSignatureOld) this.#issueCookie();
  }

  /** Whether the store is known to hold this session. */
  get isStored(): boolean {
    return this.#record !== undefined;
  }

  get identity(): Identity {
    this.#identity ??= this.#context.signer.create();
    return this.#identity;
  }

  get key(): string {
    return this.identity.key;
  }

  get owner(): string | undefined {
    return this.#record?.owner;
  }

  /** Fires when the session ends. After an end it stays fired until a new session is stored. */
  get signal(): AbortSignal {
    if (this.#record) return this.#context.revocations.watch(this);
    this.#unstoredSignal ??= createSignalController();
    return this.#unstoredSignal.signal;
  }

  /** What CSRF tokens are made from: the key, and after a renewal still the first one, for the forms that are open. */
  get csrfBase(): string {
    const noted = this.fields.get(CSRF);
    return typeof noted === "string" ? noted : this.key;
  }

  get createdAt(): number {
    return this.#record?.createdAt ?? this.#openedAt;
  }

  get expiresAt(): number {
    return this.#record?.expiresAt ?? expiryOf(this.#context.limits, this.#openedAt, this.#openedAt);
  }

  get isPermanent(): boolean {
    const own = this.fields.get(PERMANENT);
    return typeof own === "boolean" ? own : this.#context.permanent;
  }

  /** Whether something differs from what is stored. */
  get hasChange(): boolean {
    return this.fields.change() !== undefined;
  }

  /** Whether `settle`, which is at work, may end with a cookie to set. */
  get mayChangeCookie(): boolean {
    if (this.cookieDuty !== "keep" || !this.#record) return true;
    if (this.isPermanent || this.#context.signer.changesOnWrite === true) return true;
    return this.#isRenewalDue(this.#record) || !this.#hasContent();
  }

  /** All data, decoded. */
  data(): Record<string, unknown> {
    const data: Record<string, unknown> = {};
    for (const field of this.fields.names()) {
      const key = keyOfField(field);
      if (key !== undefined) data[key] = this.fields.get(field);
    }
    return data;
  }

  /**
   * Stores what differs, or that there was activity where that is due. Untouched, it does nothing at once.
   * @param reachesBrowser Whether a new ID would still get to the browser; renewal waits for a request where it does.
   */
  settle(reachesBrowser: boolean): Awaitable<void> {
    const change = this.#validChange();
    if (!this.#record) return change && this.#hasContent() ? this.#create(change, undefined) : undefined;
    if (reachesBrowser && this.#isRenewalDue(this.#record)) return this.#renew(this.#record);
    if (change) return this.#write(change, this.#record);
    const next = expiryOf(this.#context.limits, this.#record.createdAt, this.#openedAt);
    return this.forceTouch || this.#isTouchDue(this.#record, next) ? this.#touch(next) : undefined;
  }

  #isTouchDue({ expiresAt }: RecordState, next: number): boolean {
    const { limits, signer } = this.#context;
    return (this.isPermanent || !signer.prolongsPermanentOnly) && isTouchDue(limits.idle, expiresAt, next);
  }

  /** Same data, new ID, and perhaps a new owner. What differs is stored in the same step. */
  async replace(owner: string | undefined, isLogin: boolean): Promise<void> {
    const record = this.#record;
    if (typeof this.fields.get(CSRF) === "string") this.fields.set(CSRF, true);
    for (const field of [RENEWED_AT, UNSENT]) if (this.fields.has(field)) this.fields.delete(field);
    if (record) {
      await this.#move({ owner, createdAt: isLogin ? this.#context.limits.clock() : record.createdAt });
    } else if (isLogin) {
      await this.#createLogin(owner);
    } else {
      this.#identity = undefined;
    }
  }

  /**
   * Ends the session for good, wherever another request has moved it. What is written afterwards begins a new one.
   * @throws SessionGoneError when it can't be known any more whether it has ended or moved.
   */
  async end(): Promise<void> {
    if (this.#record) {
      const { store, limits, revocations } = this.#context;
      const endedKey = await endMoved(store, this.key);
      if (endedKey !== undefined) revocations.end(endedKey);
      else if (limits.clock() - this.#openedAt >= POINTER_LIFETIME) throw this.#gone();
      this.#noteEnd(this.#record.owner);
    }
    this.#beginAnew();
  }

  /** Ends a session that its visitor must not have; in the background, if the store fails now. */
  async abandon(): Promise<void> {
    const { key } = this;
    try {
      await this.end();
    } catch (error) {
      endOrphan(this.#context.store, key, error);
      this.#beginAnew();
    }
  }

  /** The record of this moment. @throws SessionGoneError when it has ended. */
  async load(): Promise<SessionRecord> {
    const record = await this.#context.store.load(this.key);
    if (record?.movedTo !== undefined && (await this.#follow())) return this.load();
    if (!record) throw this.#gone();
    const opened = openRecord(this.#context, this.identity, record, false);
    this.#record = record;
    this.#cipher = opened.cipher;
    return opened.record;
  }

  /** Stores what differs if the record has still this version. @throws SessionGoneError when it has ended. */
  async commitIf(version: number): Promise<boolean> {
    const change = this.#validChange();
    if (!change) return true;
    const result = await this.#commit(change, version);
    if (result === "gone") throw this.#gone();
    return result === "committed";
  }

  #create(change: FieldChange, owner: string | undefined): Awaitable<void> {
    const now = this.#context.limits.clock();
    const expiresAt = expiryOf(this.#context.limits, now, now);
    const { key } = this.identity;
    this.#cipher = this.#context.encryption?.create(key);
    const fields = this.#sealed(change, { key, createdAt: now, owner }).set;
    const record: SessionRecord = { fields, createdAt: now, expiresAt, owner, version: 1 };
    return whenDone(this.#context.store.create(key, record), (isCreated) => {
      if (!isCreated) throw new RandomnessError("gave an ID that is already taken");
      this.#record = record;
      this.#watchStored();
      this.fields.markStored(change);
      this.cookieDuty = "issue";
      this.wasChanged = true;
      this.#context.emit({ type: "created", key, owner });
    });
  }

  async #createLogin(owner: string | undefined): Promise<void> {
    const { key } = this.identity;
    try {
      await this.#create(this.#validChange() ?? NO_CHANGE, owner);
    } catch (error) {
      endOrphan(this.#context.store, key, error);
      throw error;
    }
  }

  /** The signal that was read before the session was stored is the session's from now on. */
  #watchStored(): void {
    const controller = this.#unstoredSignal;
    if (!controller) return;
    this.#unstoredSignal = undefined;
    if (!controller.signal.aborted) this.#context.revocations.watch(this, controller);
  }

  #write(change: FieldChange, record: RecordState): Awaitable<void> {
    const isEmptied = change.remove.size > 0 && record.owner === undefined && !this.#hasContent();
    return isEmptied ? this.#endEmptied(change, record) : this.#commitOrFail(change);
  }

  /** Only if nobody else wrote meanwhile: what another request put in must not go with what this one took out. */
  async #endEmptied(change: FieldChange, record: RecordState): Promise<void> {
    const { key } = this.identity;
    if (!(await this.#context.store.destroy(key, { ifVersion: record.version }))) return this.#commitOrFail(change);
    this.#noteEnd(undefined);
    this.#beginAnew();
  }

  #commitOrFail(change: FieldChange): Awaitable<void> {
    return whenDone(this.#commit(change), (result) => {
      if (result === "gone") throw this.#gone();
    });
  }

  #commit(change: FieldChange, ifVersion?: number): Awaitable<CommitResult> {
    const { store, limits } = this.#context;
    const expiresAt = expiryOf(limits, this.createdAt, limits.clock());
    return whenDone(store.commit(this.key, { ...this.#sealed(change, this), expiresAt, ifVersion }), (result) => {
      if (result === "gone") return this.#followAndCommit(change, ifVersion);
      if (result === "committed") this.#noteCommit(change, expiresAt, ifVersion);
      return result;
    });
  }

  async #followAndCommit(change: FieldChange, ifVersion: number | undefined): Promise<CommitResult> {
    return (await this.#follow()) ? this.#commit(change, ifVersion) : "gone";
  }

  #noteCommit(change: FieldChange, expiresAt: number, ifVersion: number | undefined): void {
    const { changesOnWrite } = this.#context.signer;
    const setsCookie = changesOnWrite || this.isPermanent || change.set.has(PERMANENT) || change.remove.has(PERMANENT);
    this.fields.markStored(change);
    this.wasChanged = true;
    if (!this.#record) return;
    this.#record = {
      createdAt: this.#record.createdAt,
      owner: this.#record.owner,
      expiresAt: Math.max(this.#record.expiresAt, expiresAt),
      version: (ifVersion ?? this.#record.version) + 1,
    };
    if (setsCookie) this.#issueCookie();
  }

  /** Activity is worth a write, but no request fails for it. */
  async #touch(expiresAt: number): Promise<void> {
    const { store, emit } = this.#context;
    try {
      const result = await store.commit(this.key, { ...this.#sealed(NO_CHANGE, this), expiresAt });
      if (result !== "committed" || !this.#record) return;
      this.#record = { ...this.#record, expiresAt: Math.max(this.#record.expiresAt, expiresAt) };
      if (this.isPermanent || this.#context.signer.changesOnWrite) this.#issueCookie();
    } catch (error) {
      emit({ type: "error", operation: "touch", error });
    }
  }

  #isRenewalDue(record: RecordState): boolean {
    const { renewInterval } = this.#context;
    if (renewInterval === undefined || this.identity.isSuperseded) return false;
    if (this.fields.has(UNSENT)) return true;
    const renewedAt = this.fields.get(RENEWED_AT);
    const since = typeof renewedAt === "number" ? renewedAt : record.createdAt;
    return this.#openedAt - since >= renewInterval;
  }

  async #renew(record: RecordState): Promise<void> {
    this.fields.set(RENEWED_AT, this.#context.limits.clock());
    this.fields.set(CSRF, this.csrfBase);
    if (this.fields.has(UNSENT)) this.fields.delete(UNSENT);
    await this.#move({ owner: record.owner, createdAt: record.createdAt, isRenewal: true });
  }

  async #move(move: Move): Promise<void> {
    const { limits, revocations, emit } = this.#context;
    const { owner, createdAt, isRenewal = false } = move;
    const change = this.#validChange() ?? NO_CHANGE;
    const previous = this.identity;
    const next = this.#context.signer.create();
    const now = limits.clock();
    const expiresAt = expiryOf(limits, createdAt, now);
    const { set, remove } = this.#sealed(change, { key: next.key, createdAt, owner });
    const replacement: Replacement = {
      set,
      // Another request may have renewed the session since this one read it.
      remove: isRenewal || set.has(RENEWED_AT) ? remove : new Set([...remove, RENEWED_AT]),
      owner,
      createdAt,
      expiresAt,
      keepOldUntil: now + POINTER_LIFETIME,
    };
    const result = await this.#replaceRecord(previous.key, next.key, replacement);
    if (result === "gone") {
      if (!(await this.#follow())) throw this.#gone();
      // Another request has renewed the ID just now. That will do for a renewal; a login still needs an ID of its own.
      return isRenewal ? this.#commitOrFail(change) : this.#move(move);
    }
    const previousOwner = this.#record?.owner;
    if (previousOwner === owner) revocations.move(previous.key, next.key);
    else revocations.end(previous.key);
    this.fields.markStored(change);
    this.#record = { owner, createdAt, expiresAt, version: (this.#record?.version ?? 0) + 1 };
    this.#identity = next;
    this.cookieDuty = "issue";
    this.wasChanged = true;
    emit({ type: "regenerated", key: next.key, previousKey: previous.key, owner });
  }

  async #replaceRecord(oldKey: string, newKey: string, replacement: Replacement): Promise<"committed" | "gone"> {
    const { store } = this.#context;
    try {
      return await store.replace(oldKey, newKey, replacement);
    } catch (error) {
      const isRenewal = replacement.set.has(RENEWED_AT);
      if (isRenewal) whenItShows(error, () => markUnsent(this.#context, oldKey, newKey));
      else endOrphan(store, newKey, error);
      throw error;
    }
  }

  /** Goes on under the key to which another request has renewed this session, if one has. */
  async #follow(): Promise<boolean> {
    if (this.#context.renewInterval === undefined) return false;
    const { store } = this.#context;
    const moved = await store.load(this.key);
    if (moved?.movedTo === undefined) return false;
    const successor = await store.load(moved.movedTo);
    if (!successor || !wasRenewed(successor)) return false;
    this.#identity = { id: this.identity.id, key: moved.movedTo, isSuperseded: true };
    this.cookieDuty = "keep";
    return true;
  }

  #issueCookie(): void {
    if (!this.identity.isSuperseded) this.cookieDuty = "issue";
  }

  #noteEnd(owner: string | undefined): void {
    const { key } = this.identity;
    this.#context.revocations.end(key);
    this.#unstoredSignal = createSignalController();
    this.#unstoredSignal.abort(endReason());
    this.#context.emit({ type: "destroyed", key, owner });
  }

  #beginAnew(): void {
    this.fields.reset();
    this.#record = undefined;
    this.#cipher = undefined;
    this.#identity = undefined;
    this.cookieDuty = "clear";
    this.wasChanged = true;
  }

  /** A change as the store keeps it. */
  #sealed(change: FieldChange, identity: RecordIdentity): FieldChange {
    return this.#cipher ? this.#cipher.seal(change, identity) : change;
  }

  #gone(): SessionGoneError {
    this.cookieDuty = "keep";
    this.#context.revocations.look(this.key);
    this.#context.emit({ type: "gone", key: this.key });
    return new SessionGoneError();
  }

  #hasContent(): boolean {
    return this.fields.names().some(isContent);
  }

  #validChange(): FieldChange | undefined {
    const change = this.fields.change();
    if (change && this.#context.validate) this.#context.validate(this.data());
    return change;
  }
}

/** Lets the old ID open a session whose renewal the browser never heard of. `false` while the renewal has not shown. */
async function markUnsent(context: SessionContext, oldKey: string, newKey: string): Promise<boolean> {
  const record = await context.store.load(newKey);
  if (!record) return false;
  if (record.movedTo !== undefined) return true;
  const opened = openRecord(context, { id: "", key: newKey }, record, false);
  const stored = new StoredSession(context, context.limits.clock(), opened);
  stored.fields.set(UNSENT, oldKey);
  await stored.settle(false);
  return true;
}
