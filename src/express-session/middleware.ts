// The way of a request through the drop-in: cookie -> ID -> store -> `req.session` -> your handler -> store -> cookie.
import type { IncomingMessage, ServerResponse } from "node:http";
import { HeldWork, holdResponse } from "../adapters/node-response/hold-response.ts";
import type { ResponseDuties } from "../core/active-session.ts";
import { whenDone } from "../core/awaitable.ts";
import { SessionOptionError } from "../core/errors.ts";
import { createEvents } from "../core/events.ts";
import { ID_BYTES } from "../core/id.ts";
import type { Awaitable } from "../core/store.ts";
import { Loaded } from "./baseline.ts";
import { CoatcheckStore } from "./coatcheck-store.ts";
import { Cookie } from "./cookie.ts";
import { findSessionId } from "./cookie-header.ts";
import { createIdPool, SHORT_ID_BYTES } from "./id-pool.ts";
import { readOptions, type SessionOptions, type Settings } from "./options.ts";
import { isSecure, type OpenRequest, pathOf, type SessionRequest } from "./request.ts";
import { cookieOf, createSessionBy, NotedSession, type Session, type StoredSession } from "./session.ts";
import { createSigner, type Secret, type Signer } from "./signature.ts";
import type { Store } from "./store.ts";
import { openStore } from "./store-option.ts";
import { type Describe, describeAsJson, Tracker } from "./tracker.ts";

/** A middleware for Express 4 and 5, connect and plain `node:http`. */
export type SessionMiddleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

/**
 * One request on its way. A class, and no literal: V8 takes sites of literals for long-lived when some were, puts all that
 * they make into the old generation, and then whole requests stay there until the next full collection.
 */
class Visit {
  readonly req: OpenRequest;
  readonly res: ServerResponse;
  readonly next: (error?: unknown) => void;
  readonly signer: Signer;
  readonly tracker: Tracker;

  constructor(
    req: OpenRequest,
    res: ServerResponse,
    next: (error?: unknown) => void,
    signer: Signer,
    tracker: Tracker,
  ) {
    this.req = req;
    this.res = res;
    this.next = next;
    this.signer = signer;
    this.tracker = tracker;
  }
}

type Codes = { code?: unknown };

/** @throws SessionOptionError when an option can't be meant. */
export function createMiddleware(options: SessionOptions): SessionMiddleware {
  const settings = readOptions(options);
  const store = openStore(options.store, createEvents(settings.name, undefined).emit);
  const isReady = watchReadiness(store);
  const signerOf = signersOf(settings);
  const describe: Describe = store instanceof CoatcheckStore ? (session) => store.describe(session) : describeAsJson;
  store.generate = createGenerator(settings, createIdPool(store instanceof CoatcheckStore ? ID_BYTES : SHORT_ID_BYTES));

  // Under express-session's name: apps look for it among the layers of Express.
  return function session(request, res, next) {
    const req = request as OpenRequest;
    let signer: Signer | undefined;
    try {
      signer = !req.session && isReady() && isWithin(req, settings) ? signerOf(req) : undefined;
    } catch (error) {
      next(error);
      return;
    }
    if (!signer) {
      next();
      return;
    }
    const cookieId = findSessionId(req, settings.name, signer);
    req.sessionStore = store;
    req.sessionID = cookieId;
    const tracker = new Tracker(req, settings, describe, cookieId);
    const visit = new Visit(req, res, next, signer, tracker);
    if (store instanceof CoatcheckStore) openCoatcheck(visit, settings, store, cookieId);
    else open(visit, settings, store, cookieId);
  };
}

/** Whether the browser would send the cookie here. */
function isWithin(req: OpenRequest, settings: Settings): boolean {
  return pathOf(req).startsWith(settings.cookieOf(req).path || "/");
}

/** A store that says it is disconnected is not asked; requests go on without a session. */
function watchReadiness(store: Store): () => boolean {
  let isReady = true;
  store.on?.("disconnect", () => {
    isReady = false;
  });
  store.on?.("connect", () => {
    isReady = true;
  });
  return () => isReady;
}

/** Without a secret of its own, cookie-parser's serves, which it leaves at the request; without both, it throws. */
function signersOf(settings: Settings): (req: OpenRequest) => Signer {
  const { signer } = settings;
  if (signer) return () => signer;
  let known: { secret: unknown; signer: Signer } | undefined;
  return ({ secret }) => {
    if (!secret) {
      const remedy = "Pass 32 random bytes or more in from the environment, as secret: process.env.SESSION_SECRET.";
      throw new SessionOptionError("secret", "is missing, and is required for sessions", remedy);
    }
    if (known?.secret !== secret) known = { secret, signer: createSigner([secret as Secret]) };
    return known.signer;
  };
}

function createGenerator(settings: Settings, defaultGenerator: () => string): Store["generate"] {
  const { generateId = defaultGenerator, proxy } = settings;
  return (owner) => {
    const req = owner as SessionRequest;
    req.sessionID = generateId(req);
    const session = new NotedSession(req) as SessionRequest["session"];
    const options = settings.cookieOf(req);
    const cookie = new Cookie(options);
    if (options.secure === "auto") cookie.secure = isSecure(req, proxy);
    if (options.sameSite === "auto") cookie.sameSite = isSecure(req, proxy) ? "none" : "lax";
    session.cookie = cookie;
    // Only now: what has failed leaves no half of a session behind.
    req.session = session;
  };
}

/** Gives the request the session that was found, or a new one, and goes on. */
function enter({ req, next, tracker }: Visit, store: Store, stored: StoredSession | Loaded | null | undefined): void {
  try {
    if (stored instanceof Loaded) (store as CoatcheckStore).resume(req, stored);
    else if (stored) createSessionBy(store, req, stored);
    else store.generate(req);
    const description = stored instanceof Loaded ? stored.description : undefined;
    tracker.begin(req.session as Session, stored ? "loaded" : "generated", description);
  } catch (error) {
    next(error);
    return;
  }
  next();
}

/** Stores the session of one request; the app's error handler hears of a failure when the answer is out. */
abstract class VisitWork<OfStore> extends HeldWork {
  readonly visit: Visit;
  readonly settings: Settings;
  readonly store: OfStore;

  constructor(visit: Visit, settings: Settings, store: OfStore) {
    super();
    this.visit = visit;
    this.settings = settings;
    this.store = store;
  }

  override failed(error: unknown): void {
    reportAfter(this.visit.res, this.visit.next, error);
  }
}

/** With a store written for express-session: the cookie is set in the head, the session is saved before the end. */
class CallbackStoreWork extends VisitWork<Store> {
  override atHead(): ResponseDuties | undefined {
    return cookieDuty(this.visit, this.settings);
  }

  /** As in express-session, the answer goes out although saving has failed, and the app's error handler hears of it. */
  override atEnd(): Awaitable<void> {
    let isDone = false;
    let resolve: (() => void) | undefined;
    const isDue = settle(this.visit, this.store, (error) => {
      if (error) this.failed(error);
      isDone = true;
      resolve?.();
    });
    if (!isDue || isDone) return undefined;
    return new Promise<void>((settled) => {
      resolve = settled;
    });
  }
}

function open(visit: Visit, settings: Settings, store: Store, cookieId: string | undefined): void {
  const { res, next } = visit;
  holdResponse(res, new CallbackStoreWork(visit, settings, store));
  if (!cookieId) {
    enter(visit, store, undefined);
    return;
  }
  store.get(cookieId, (error, stored) => {
    // Some stores of files say so of a session that is not there.
    const isMissing = (error as Codes | undefined)?.code === "ENOENT";
    if (error && !isMissing) next(error);
    else enter(visit, store, isMissing ? undefined : (stored as StoredSession | undefined));
  });
}

/** Tells an error when the answer is out or cut: Express's own handler would cut one that is still on its way. */
function reportAfter(res: ServerResponse, next: Visit["next"], error: unknown): void {
  let isTold = false;
  const tell = (): void => {
    if (!isTold) setImmediate(next, error);
    isTold = true;
  };
  if (res.destroyed || res.writableFinished) tell();
  else res.once("finish", tell).once("close", tell);
}

/** Does what is due for the session; `false` when that is nothing. */
function settle({ req, tracker }: Visit, store: Store, done: (error?: unknown) => void): boolean {
  const { session, sessionID = "" } = req;
  const duty = tracker.duty();
  if (duty === "destroy") store.destroy(sessionID, done);
  else if (duty === "save") session?.save(done);
  else if (duty === "touch" && session && store.touch) store.touch(sessionID, session, done);
  else return false;
  return true;
}

/** With a store of coatcheck's: no byte leaves before the session is stored, and a failure is an answer of its own. */
class CoatcheckStoreWork extends VisitWork<CoatcheckStore> {
  override atHead(): Awaitable<ResponseDuties | undefined> {
    return whenDone(settleCoatcheck(this.visit, this.store), (result) =>
      result === "gone" ? undefined : cookieDuty(this.visit, this.settings),
    );
  }

  /** A session that was saved before is one that the browser must know. */
  override afterFailure(): ResponseDuties | undefined {
    const { session } = this.visit.req;
    return session && this.store.holds(session) ? cookieDuty(this.visit, this.settings) : undefined;
  }

  override atEnd(headBegan: boolean): Awaitable<void> {
    if (!headBegan) return undefined;
    return whenDone(settleCoatcheck(this.visit, this.store), () => undefined);
  }
}

function openCoatcheck(visit: Visit, settings: Settings, store: CoatcheckStore, cookieId: string | undefined): void {
  const { res, next } = visit;
  holdResponse(res, new CoatcheckStoreWork(visit, settings, store));
  let found: Awaitable<Loaded | undefined>;
  try {
    found = cookieId ? store.find(cookieId) : undefined;
  } catch (error) {
    next(error);
    return;
  }
  // What the app throws is not to end in a promise.
  if (found instanceof Promise) found.then((stored) => process.nextTick(enter, visit, store, stored), next);
  else enter(visit, store, found);
}

/** A session that has ended meanwhile stays so, and the response goes out. */
function settleCoatcheck({ req, tracker }: Visit, store: CoatcheckStore): Awaitable<unknown> {
  const { session, sessionID = "" } = req;
  const duty = tracker.duty();
  if (duty === "destroy") return store.end(sessionID);
  if (!session || duty === undefined) return undefined;
  if (duty === "touch") return store.prolong(sessionID, session);
  const description = tracker.described(session);
  tracker.saved(description);
  return store.save(sessionID, session, description);
}

/** The cookie that the response sets, where one is due. */
function cookieDuty({ req, next, signer, tracker }: Visit, settings: Settings): ResponseDuties | undefined {
  const { session, sessionID } = req;
  if (!session || !sessionID || !tracker.mustSetCookie()) return undefined;
  if (cookieOf(session).secure && !isSecure(req, settings.proxy)) return undefined;
  tracker.touch(session);
  try {
    const setCookie = cookieOf(session).serialize(settings.name, signer.sign(sessionID));
    return { setCookie, varyOnCookie: false, noStore: false };
  } catch (error) {
    setImmediate(next, error);
    return undefined;
  }
}
