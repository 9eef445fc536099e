// The middleware: which requests get a session. What becomes of one of them stands in visit.ts.
import type { IncomingMessage, ServerResponse } from "node:http";
import { createEvents } from "../core/events.ts";
import { ID_BYTES } from "../core/request/session-id.ts";
import { CallbackStoreVisit } from "./callback-store-visit.ts";
import { CoatcheckStore } from "./coatcheck-store.ts";
import { CoatcheckStoreVisit } from "./coatcheck-store-visit.ts";
import { createGenerator, SHORT_ID_BYTES } from "./new-session.ts";
import { readOptions, type SessionOptions, type Settings } from "./options.ts";
import { type OpenRequest, pathOf } from "./request.ts";
import { signersOf } from "./signature.ts";
import type { Store } from "./store.ts";
import { openStore } from "./store-option.ts";
import type { Next } from "./visit.ts";

/** A middleware for Express 4 and 5, connect and plain `node:http`. */
export type SessionMiddleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

/** @throws SessionOptionError when an option can't be meant. */
export function createMiddleware(options: SessionOptions): SessionMiddleware {
  const settings = readOptions(options);
  const store = openStore(options.store, createEvents(settings.name, undefined).emit);
  const isReady = watchReadiness(store);
  store.generate = createGenerator(settings, store instanceof CoatcheckStore ? ID_BYTES : SHORT_ID_BYTES);
  const visit = visitsOf(settings, store);

  // Under express-session's name: apps look for it among the layers of Express.
  return function session(request, res, next) {
    const req = request as OpenRequest;
    let opening: { open(): void } | undefined;
    try {
      opening = !req.session && isReady() && isWithin(req, settings) ? visit(req, res, next) : undefined;
    } catch (error) {
      next(error);
      return;
    }
    if (opening) opening.open();
    else next();
  };
}

function visitsOf(
  settings: Settings,
  store: Store,
): (req: OpenRequest, res: ServerResponse, next: Next) => { open(): void } {
  const shared = { settings, signerOf: signersOf(settings.signer) };
  if (store instanceof CoatcheckStore) {
    const setup = { ...shared, store };
    return (req, res, next) => new CoatcheckStoreVisit(setup, req, res, next);
  }
  const setup = { ...shared, store };
  return (req, res, next) => new CallbackStoreVisit(setup, req, res, next);
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
