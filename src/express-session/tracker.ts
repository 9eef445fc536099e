// What one request has done to its session, and what is due for it at the end. It calls no store.

import type { Settings } from "./options.ts";
import type { OpenRequest } from "./request.ts";
import { ON_SAVE, type Session } from "./session.ts";

/** What the store is to be asked at the end of a request. */
export type Duty = "save" | "touch" | "destroy" | undefined;

/** The data of a session as one text, without the cookie: sessions are compared by it. */
export type Describe = (session: Session) => string;

/** As JSON, which is what these stores keep. */
export function describeAsJson(session: Session): string {
  // Most visitors who are nobody yet have nothing but a cookie.
  const [first, second] = Object.keys(session);
  if (first === "cookie" && second === undefined) return "{}";
  return JSON.stringify({ ...session, cookie: undefined });
}

export interface Tracker {
  /** The request's session is this one, as it is now: just generated, or just loaded. */
  begin(session: Session, kind: "generated" | "loaded", text?: string): void;
  /** What is due now. */
  duty(): Duty;
  /** Whether the response is to set the cookie. */
  mustSetCookie(): boolean;
  /** The session is being saved, as `duty` has found it. */
  saved(session: Session): void;
  /** Sets the cookie's time to live back, once for a request. */
  touch(session: Session): void;
}

/** @param cookieId The ID that came with the request's cookie. */
export function createTracker(
  req: OpenRequest & { [ON_SAVE]?: (session: Session) => void },
  settings: Settings,
  describe: Describe,
  cookieId: string | undefined,
): Tracker {
  let originalId: string | undefined;
  let originalText: string | undefined;
  let savedText: string | undefined;
  /** As the session was at the end: it is described once for what is due and for the cookie. */
  let final: { readonly session: Session; readonly text: string } | undefined;
  let isTouched = false;

  const isModified = (session: Session, text: string): boolean => originalId !== session.id || originalText !== text;

  function saved(session: Session, text = describe(session)): void {
    savedText = text;
  }
  req[ON_SAVE] = (session) => saved(session);

  function mustSave(session: Session, text: string): boolean {
    const isNewcomer = !settings.saveUninitialized && savedText === undefined && cookieId !== req.sessionID;
    if (isNewcomer) return isModified(session, text);
    return originalId !== session.id || savedText !== text;
  }

  function touch(session: Session): void {
    if (!isTouched) session.touch();
    isTouched = true;
  }

  return {
    touch,
    saved: (session) => saved(session, final?.session === session ? final.text : undefined),

    begin(session, kind, text) {
      originalId = req.sessionID;
      originalText = text ?? describe(session);
      if (kind === "loaded" && !settings.resave) savedText = originalText;
    },

    duty() {
      const { session, sessionID } = req;
      if (!session) return settings.unsetDestroys && sessionID ? "destroy" : undefined;
      touch(session);
      if (typeof sessionID !== "string") return undefined;
      final = { session, text: describe(session) };
      if (mustSave(session, final.text)) return "save";
      return cookieId === sessionID ? "touch" : undefined;
    },

    mustSetCookie() {
      const { session, sessionID } = req;
      if (!session || typeof sessionID !== "string") return false;
      const hasChanged = (): boolean =>
        isModified(session, final?.session === session ? final.text : describe(session));
      if (cookieId !== sessionID) return settings.saveUninitialized || hasChanged();
      return settings.rolling || (session.cookie.expires != null && hasChanged());
    },
  };
}
