// One request with its session: what the request has done to it, and what is due for it at the end. How a store is asked
// is the business of callback-store-visit.ts and coatcheck-store-visit.ts.
import type { ServerResponse } from "node:http";
import { HeldWork, holdResponse } from "../adapters/node-response/hold-response.ts";
import type { ResponseDuties } from "../core/session/active-session.ts";
import { findSessionId } from "./cookie-header.ts";
import type { Settings } from "./options.ts";
import { isSecure, type OpenRequest } from "./request.ts";
import { cookieOf, type Session, VISIT } from "./session.ts";
import type { Description } from "./session-fields.ts";
import type { SignerOf } from "./signature.ts";
import type { Store } from "./store.ts";

/** What all requests of one middleware share. */
export interface Setup<OfStore extends Store> {
  readonly settings: Settings;
  readonly store: OfStore;
  readonly signerOf: SignerOf;
}

export type Next = (error?: unknown) => void;

/** The call of the store that is due at the end of a request. */
type Duty = "save" | "touch" | "destroy" | undefined;

/** @template Stored What the store finds under a session ID. */
export abstract class Visit<OfStore extends Store, Stored> extends HeldWork {
  readonly req: OpenRequest;
  /** The middleware's `next`. */
  readonly proceed: Next;
  readonly store: OfStore;
  readonly #res: ServerResponse;
  readonly #settings: Settings;
  readonly #signerOf: SignerOf;
  /** The ID in the request's cookie, if one of the secrets signed it. */
  readonly #cookieId: string | undefined;
  #originalId: string | undefined;
  #original: Description | undefined;
  #saved: Description | undefined;
  /** The session as `duty` found it: it is described once for the store and for the cookie. */
  #final: Description | undefined;
  #finalSession: Session | undefined;
  #isTouched = false;

  /** @throws SessionOptionError if there is no secret. */
  constructor({ settings, store, signerOf }: Setup<OfStore>, req: OpenRequest, res: ServerResponse, next: Next) {
    super();
    this.req = req;
    this.proceed = next;
    this.store = store;
    this.#res = res;
    this.#settings = settings;
    this.#signerOf = signerOf;
    this.#cookieId = findSessionId(req, settings.name, signerOf(req));
    req.sessionStore = store;
    req.sessionID = this.#cookieId;
    req[VISIT] = this;
  }

  /** Gives the request its session, and calls `next`. The response waits until what is due is done. */
  open(): void {
    holdResponse(this.#res, this);
    if (this.#cookieId) this.find(this.#cookieId);
    else this.enter(undefined);
  }

  /** Asks the store for a session, and calls `enter` with what it found. */
  protected abstract find(id: string): void;

  protected enter(stored: Stored | undefined): void {
    const { req, proceed } = this;
    try {
      if (stored) {
        this.#original = this.resume(stored);
        if (!this.#settings.resave) this.#saved = this.#original;
      } else {
        this.store.generate(req);
        this.#original = this.describe(req.session as Session);
      }
      this.#originalId = req.sessionID;
    } catch (error) {
      proceed(error);
      return;
    }
    proceed();
  }

  /** Makes what was found the request's session, and describes it. */
  protected abstract resume(stored: Stored): Description;

  protected abstract describe(session: Session): Description;

  /** Called when the session is being saved as it is now. */
  noteSave(session: Session, description: Description = this.describe(session)): void {
    this.#saved = description;
  }

  /** Returns the call of the store that is due now. */
  protected duty(): Duty {
    const { session, sessionID } = this.req;
    if (!session) return this.#settings.unsetDestroys && sessionID ? "destroy" : undefined;
    this.#touch(session);
    if (typeof sessionID !== "string") return undefined;
    this.#finalSession = session;
    this.#final = this.describe(session);
    if (this.#mustSave(session, this.#final)) return "save";
    return this.#cookieId === sessionID ? "touch" : undefined;
  }

  #mustSave(session: Session, description: Description): boolean {
    const isNewcomer = !this.#settings.saveUninitialized && !this.#saved && this.#cookieId !== this.req.sessionID;
    if (isNewcomer) return this.#isModified(session);
    return this.#originalId !== session.id || this.#saved?.text !== description.text;
  }

  /** Returns the cookie that the response sets, if one is due. */
  protected cookieDuty(): ResponseDuties | undefined {
    const { session, sessionID } = this.req;
    if (!session || typeof sessionID !== "string" || !this.#mustSetCookie(session, sessionID)) return undefined;
    const { name, proxy } = this.#settings;
    if (cookieOf(session).secure && !isSecure(this.req, proxy)) return undefined;
    this.#touch(session);
    try {
      const setCookie = cookieOf(session).serialize(name, this.#signerOf(this.req).sign(sessionID));
      return { setCookie, varyOnCookie: false, noStore: false };
    } catch (error) {
      setImmediate(this.proceed, error);
      return undefined;
    }
  }

  #mustSetCookie(session: Session, id: string): boolean {
    const { saveUninitialized, rolling } = this.#settings;
    if (id === "") return false;
    if (this.#cookieId !== id) return saveUninitialized || this.#isModified(session);
    return rolling || (cookieOf(session).expires != null && this.#isModified(session));
  }

  #isModified(session: Session): boolean {
    return this.#originalId !== session.id || this.#original?.text !== this.described(session).text;
  }

  /** The session as `duty` found it. */
  protected described(session: Session): Description {
    return this.#final && this.#finalSession === session ? this.#final : this.describe(session);
  }

  /** Sets the cookie's time to live back, once for a request. */
  #touch(session: Session): void {
    if (!this.#isTouched) session.touch();
    this.#isTouched = true;
  }

  /** Express's error handler would cut a response that is still on its way, so it is called when that is out or cut. */
  override failed(error: unknown): void {
    const res = this.#res;
    let isTold = false;
    const tell = (): void => {
      if (!isTold) setImmediate(this.proceed, error);
      isTold = true;
    };
    if (res.destroyed || res.writableFinished) tell();
    else res.once("finish", tell).once("close", tell);
  }
}
