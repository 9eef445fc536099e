// A session while a request works on it: the controls that users call, in line one after another, and what the
// response has to say in the end. It knows no framework.
import { AsyncLocalStorage } from "node:async_hooks";
import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";
import { knownDevice, type LoginDevice } from "../admin/device.ts";
import { dropOldest, refuseWhenFull } from "../admin/session-limit.ts";
import {
  FreshLoginRequiredError,
  HeadersSentError,
  InsideTransactionError,
  SessionLimitError,
  SessionValueError,
  type StoreUnavailableError,
} from "../errors.ts";
import { whenItShows } from "../record/orphans.ts";
import type { Awaitable } from "../record/store.ts";
import type { StoredSession } from "../record/stored-session.ts";
import type { SessionContext } from "../session-context.ts";
import { type Duration, parseDuration } from "../time.ts";
import { type ControlCallback, withCallback } from "./callback.ts";
import { createDictionary, type DictionaryTarget } from "./proxy.ts";
import { CSRF, DEVICE, keyOfField, PERMANENT } from "./reserved-fields.ts";
import { SessionItems } from "./session-items.ts";
import { runTransaction } from "./transaction.ts";
import type { Session } from "./types.ts";

/** What a response has to say about the session. */
export interface ResponseDuties {
  /** A Set-Cookie header to add; the response must then not be cached (`Cache-Control: no-store`). */
  readonly setCookie: string | undefined;
  /** The session was read, so caches must tell visitors apart (`Vary: Cookie`). */
  readonly varyOnCookie: boolean;
  /**
   * The response must not be cached (`Cache-Control: no-store`), unless the app has set that header. Default: where a
   * cookie is set.
   */
  readonly noStore?: boolean;
}

const NO_DUTIES: ResponseDuties = { setCookie: undefined, varyOnCookie: false };
const VARY_ONLY: ResponseDuties = { setCookie: undefined, varyOnCookie: true };
const COOKIE_EXPECTED: ResponseDuties = { setCookie: undefined, varyOnCookie: true, noStore: true };

/** The session whose transaction is running here, if any. */
const transactionScope = new AsyncLocalStorage<ActiveSession>();

export class ActiveSession extends SessionItems implements DictionaryTarget {
  readonly isNew: boolean;
  readonly #context: SessionContext;
  readonly #stored: StoredSession;
  readonly #hasCookie: boolean;
  readonly #unavailable: StoreUnavailableError | undefined;
  #dictionary: Session<Record<string, unknown>> | undefined;
  /** The control at work, or the last of those in line. */
  #busy: Promise<void> | undefined;
  #headersSent = false;
  #isLateSaveDue = false;

  /**
   * @param hasCookie The request carried a cookie under the session's name.
   * @param unavailable The store was out when the session was to be loaded, and the app goes on without one.
   */
  constructor(
    context: SessionContext,
    stored: StoredSession,
    hasCookie: boolean,
    unavailable?: StoreUnavailableError | undefined,
  ) {
    super(stored.fields);
    this.#context = context;
    this.#stored = stored;
    this.#hasCookie = hasCookie;
    this.#unavailable = unavailable;
    this.isNew = !stored.isStored;
  }

  /** The dictionary that users hold. */
  get session(): Session<Record<string, unknown>> {
    this.#dictionary ??= createDictionary(this);
    return this.#dictionary;
  }

  /**
   * Stores what the request changed and tells what the response must say; to be called just before the headers go out.
   * A session that was only read is done at once, without a promise.
   * @throws SessionGoneError, StoreUnavailableError, SessionValueError; nothing was stored then.
   */
  finish(isSecureRequest: () => boolean): Awaitable<ResponseDuties> {
    if (this.#busy) return this.#busy.then(() => this.finish(isSecureRequest));
    const settled = this.#stored.settle(true);
    return settled instanceof Promise
      ? settled.then(() => this.#duties(isSecureRequest))
      : this.#duties(isSecureRequest);
  }

  /**
   * While `finish` is at work: what the response will probably have to say, without the cookie itself. Caches above must
   * know it before the head is rendered.
   */
  get expectedDuties(): ResponseDuties {
    if (this.#busy || this.#stored.mayChangeCookie) return COOKIE_EXPECTED;
    return this.accessed ? VARY_ONLY : NO_DUTIES;
  }

  /**
   * Stores what has changed since `finish`, to be called when the response ends: a value that was handed out before may be
   * changed inside while the body is written.
   * @throws HeadersSentError when there is no stored session to keep the change, and the errors of `finish`.
   */
  finishLate(): Awaitable<void> {
    if (!this.#headersSent || !this.#stored.hasChange) return undefined;
    return this.#saveAfterHeaders();
  }

  /** The response has begun, so that the event may be all that tells of a failure. */
  async #saveAfterHeaders(): Promise<void> {
    try {
      this.#checkLateWrite();
      await this.save();
    } catch (error) {
      this.#context.emit({ type: "error", operation: "save", error });
      throw error;
    }
  }

  /**
   * Whether the app may change the session after `finish` without that being seen: it has used the session, and a value is
   * an object. Then `finishLate` is worth waiting for.
   */
  get mayChangeUnseen(): boolean {
    return this.accessed && this.#stored.fields.hasObjectAmong((name) => keyOfField(name) !== undefined);
  }

  /**
   * The duties of the answer to a failure. What this request stored before it failed is kept: if the session has a new ID,
   * only its new cookie opens it.
   */
  failureDuties(isSecureRequest: () => boolean): Awaitable<ResponseDuties> {
    if (this.#busy) return this.#busy.then(() => this.failureDuties(isSecureRequest));
    return this.#stored.wasChanged ? this.#duties(isSecureRequest) : NO_DUTIES;
  }

  detach(): void {
    this.#headersSent = true;
    this.#saveLater();
  }

  #duties(isSecureRequest: () => boolean): ResponseDuties {
    this.#headersSent = true;
    const { cookieDuty } = this.#stored;
    if (cookieDuty === "keep" || (cookieDuty === "clear" && !this.#hasCookie)) {
      return this.accessed ? VARY_ONLY : NO_DUTIES;
    }
    const setCookie =
      cookieDuty === "clear" ? this.#context.cookie.clear(isSecureRequest) : this.#issue(isSecureRequest);
    return { setCookie, varyOnCookie: true };
  }

  #issue(isSecureRequest: () => boolean): string {
    const { cookie, signer, limits } = this.#context;
    const { identity, isPermanent, expiresAt } = this.#stored;
    const maxAge = isPermanent ? (expiresAt - limits.clock()) / 1000 : undefined;
    return cookie.issue(signer.sign(identity.id), isSecureRequest, maxAge);
  }

  /** After the headers, a change of a known session is stored by itself; a new one can't reach its browser any more. */
  protected override beforeWrite(): void {
    if (this.#unavailable) throw this.#unavailable;
    if (!this.#headersSent) return;
    this.#checkLateWrite();
    this.#saveLater();
  }

  #checkLateWrite(): void {
    if (this.#unavailable) throw this.#unavailable;
    if (!this.#stored.isStored || this.#context.signer.changesOnWrite) throw new HeadersSentError();
  }

  /** What was handed out after the headers may be changed inside, so it is looked at again. */
  protected override afterRead(value: unknown): void {
    if (this.#headersSent && typeof value === "object") this.#saveLater();
  }

  #saveLater(): void {
    if (this.#isLateSaveDue || !this.#stored.isStored) return;
    this.#isLateSaveDue = true;
    setImmediate(() => {
      this.#isLateSaveDue = false;
      this.save().catch((error: unknown) => this.#context.emit({ type: "error", operation: "save", error }));
    });
  }

  get permanent(): boolean {
    return this.#stored.isPermanent;
  }

  set permanent(value: boolean) {
    if (typeof value !== "boolean") {
      throw new SessionValueError("permanent", `is a ${typeof value}`, "Say true or false.");
    }
    this.beforeWrite();
    this.#stored.fields.set(PERMANENT, value);
  }

  get modified(): boolean {
    return this.#stored.wasChanged || this.#stored.forceTouch || this.#stored.fields.change() !== undefined;
  }

  forceTouch(): void {
    this.#stored.forceTouch = true;
  }

  get id(): string {
    return this.#stored.identity.id;
  }

  get key(): string {
    return this.#stored.key;
  }

  get createdAt(): Date {
    return new Date(this.#stored.createdAt);
  }

  get expiresAt(): Date {
    return new Date(this.#stored.expiresAt);
  }

  get owner(): string | undefined {
    this.accessed = true;
    return this.#stored.owner;
  }

  get authenticatedAt(): Date | undefined {
    return this.owner === undefined || this.#context.store.sharesRecords ? undefined : this.createdAt;
  }

  requireFresh(maxAge: Duration): void {
    const limit = parseDuration("requireFresh()", maxAge);
    const since = this.authenticatedAt;
    if (!since || this.#context.limits.clock() - since.getTime() > limit) throw new FreshLoginRequiredError();
  }

  get signal(): AbortSignal {
    return this.#stored.signal;
  }

  get csrfToken(): string {
    const note = this.#missingCsrfNote();
    if (note !== undefined) {
      this.beforeWrite();
      this.#stored.fields.set(CSRF, note);
    }
    this.accessed = true;
    return this.#csrfDigest(this.#context.csrfKeys[0]).toString("base64url");
  }

  /** What the session must note for its CSRF token to be good in the next request; `undefined` when nothing is missing. */
  #missingCsrfNote(): string | true | undefined {
    const { owner, fields, key } = this.#stored;
    if (this.#context.signer.keysChange) return typeof fields.get(CSRF) === "string" ? undefined : key;
    // Without an owner, a session that has nothing else in it would end, and the token with it.
    return owner === undefined && !fields.has(CSRF) ? true : undefined;
  }

  verifyCsrfToken(token: unknown): boolean {
    this.accessed = true;
    const given = Buffer.from(typeof token === "string" ? token : "", "base64url");
    return this.#context.csrfKeys.some((key) => {
      const expected = this.#csrfDigest(key);
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
  }

  #csrfDigest(csrfKey: KeyObject): Buffer {
    return createHmac("sha256", csrfKey).update(this.#stored.csrfBase).digest();
  }

  login(owner: string, device?: LoginDevice): Promise<void> {
    return this.#inLine(async () => {
      // Half a surrogate pair has no UTF-8: stores would take different owners for one.
      if (typeof owner !== "string" || owner === "" || !owner.isWellFormed()) {
        throw new SessionValueError(
          "login()",
          "got no owner, or one that is no text",
          "Give the user's ID as text: session.login(String(user.id)).",
        );
      }
      this.#beforeNewId();
      await refuseWhenFull(this.#context, owner, this.key);
      this.#noteDevice(device);
      await this.#stored.replace(owner, true);
      try {
        await this.#keepWithinLimit(owner);
      } finally {
        if (this.#stored.owner === owner) this.#context.emit({ type: "login", key: this.key, owner });
      }
    });
  }

  #noteDevice(device: LoginDevice | undefined): void {
    const known = knownDevice(device);
    if (known) this.#stored.fields.set(DEVICE, known);
    else if (this.#stored.fields.has(DEVICE)) this.#stored.fields.delete(DEVICE);
  }

  /**
   * Once more now that the session is the owner's: other logins may have come in between. If the store fails here, the
   * login stands, and the limit is kept as soon as the store is back.
   */
  async #keepWithinLimit(owner: string): Promise<void> {
    const context = this.#context;
    try {
      await refuseWhenFull(context, owner, this.key);
      const dropped = await dropOldest(context, owner);
      if (dropped.includes(this.key)) throw new SessionLimitError(context.sessionLimit?.limit ?? 0);
    } catch (error) {
      if (error instanceof SessionLimitError) await this.#stored.abandon();
      else whenItShows(error, async () => (await dropOldest(context, owner)) !== undefined);
      throw error;
    }
  }

  logout(): Promise<void> {
    return this.destroy();
  }

  destroy(callback?: ControlCallback): Promise<void> {
    const ended = this.#inLine(() => {
      if (this.#unavailable) throw this.#unavailable;
      return this.#stored.end();
    });
    return withCallback(ended, callback);
  }

  regenerate(callback?: ControlCallback): Promise<void> {
    const renewed = this.#inLine(() => {
      this.#beforeNewId();
      return this.#stored.replace(this.#stored.owner, false);
    });
    return withCallback(renewed, callback);
  }

  save(callback?: ControlCallback): Promise<void> {
    const saved = this.#inLine(async () => {
      await this.#stored.settle(!this.#headersSent);
    });
    return withCallback(saved, callback);
  }

  reload(callback?: ControlCallback): Promise<void> {
    const reloaded = this.#inLine(async () => {
      const fields = this.#stored.isStored ? (await this.#stored.load()).fields : undefined;
      this.#stored.fields.reset(fields);
    });
    return withCallback(reloaded, callback);
  }

  transaction<Result>(work: (session: Session<Record<string, unknown>>) => Awaitable<Result>): Promise<Result> {
    return this.#inLine(() =>
      runTransaction(this.#stored, this.#context.transactions, () =>
        transactionScope.run(this, () => work(this.session)),
      ),
    );
  }

  #beforeNewId(): void {
    if (this.#unavailable) throw this.#unavailable;
    if (this.#headersSent) throw new HeadersSentError();
    this.accessed = true;
  }

  /** Controls of one session run one after another, however the handler calls them. */
  #inLine<Result>(work: () => Awaitable<Result>): Promise<Result> {
    if (transactionScope.getStore() === this) return Promise.reject(new InsideTransactionError());
    const turn = (this.#busy ?? Promise.resolve()).then(work);
    const ended: Promise<void> = turn.then(
      () => this.#leaveLine(ended),
      () => this.#leaveLine(ended),
    );
    this.#busy = ended;
    return turn;
  }

  #leaveLine(ended: Promise<void>): void {
    if (this.#busy === ended) this.#busy = undefined;
  }

  static {
    // What a console shows: the data alone. Node looks for it behind the Proxy, and calls it on either.
    Object.defineProperty(ActiveSession.prototype, Symbol.for("nodejs.util.inspect.custom"), {
      value(this: object, _depth: number, options: object, inspect: (value: unknown, options: object) => string) {
        return `Session ${inspect(#stored in this ? this.#stored.data() : { ...this }, options)}`;
      },
    });
  }
}
