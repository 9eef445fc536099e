// What one request has done to its session, and what is due for it at the end. It calls no store.
import type { FieldChange } from "../core/fields.ts";
import type { Settings } from "./options.ts";
import type { OpenRequest } from "./request.ts";
import { cookieOf, ON_SAVE, type Session } from "./session.ts";

/** What the store is to be asked at the end of a request. */
export type Duty = "save" | "touch" | "destroy" | undefined;

/** The data of a session at one moment, without the cookie. */
export interface Description {
  /** Equal for equal data. */
  readonly text: string;
  /** What is to be stored of it, where the describer knows. */
  readonly change?: FieldChange;
}

export type Describe = (session: Session) => Description;

const BEFORE_COOKIE = '{"cookie":';

/** As JSON, which is what these stores keep. */
export function describeAsJson(session: Session): Description {
  const [first, second] = Object.keys(session);
  if (first !== "cookie") return { text: JSON.stringify({ ...session, cookie: undefined }) };
  // Most visitors who are nobody yet have nothing but a cookie.
  if (second === undefined) return { text: "}" };
  // To leave the cookie out beforehand would take a copy of the session.
  const { length } = JSON.stringify(session.cookie);
  return { text: JSON.stringify(session).slice(BEFORE_COOKIE.length + length) };
}

export class Tracker {
  readonly #req: OpenRequest;
  readonly #settings: Settings;
  readonly #describe: Describe;
  readonly #cookieId: string | undefined;
  #originalId: string | undefined;
  #original: Description | undefined;
  #saved: Description | undefined;
  /** As the session was at the end: it is described once for what is due and for the cookie. */
  #final: Description | undefined;
  #finalSession: Session | undefined;
  #isTouched = false;

  /** @param cookieId The ID that came with the request's cookie. */
  constructor(
    req: OpenRequest & { [ON_SAVE]?: (session: Session) => void },
    settings: Settings,
    describe: Describe,
    cookieId: string | undefined,
  ) {
    this.#req = req;
    this.#settings = settings;
    this.#describe = describe;
    this.#cookieId = cookieId;
    req[ON_SAVE] = (session) => {
      this.#saved = describe(session);
    };
  }

  /** The request's session is this one, as it is now: just generated, or just loaded. */
  begin(session: Session, kind: "generated" | "loaded", description: Description = this.#describe(session)): void {
    this.#originalId = this.#req.sessionID;
    this.#original = description;
    if (kind === "loaded" && !this.#settings.resave) this.#saved = description;
  }

  /** What is due now. */
  duty(): Duty {
    const { session, sessionID } = this.#req;
    if (!session) return this.#settings.unsetDestroys && sessionID ? "destroy" : undefined;
    this.touch(session);
    if (typeof sessionID !== "string") return undefined;
    const description = this.#describe(session);
    this.#final = description;
    this.#finalSession = session;
    if (this.#mustSave(session, description)) return "save";
    return this.#cookieId === sessionID ? "touch" : undefined;
  }

  /** Whether the response is to set the cookie. */
  mustSetCookie(): boolean {
    const { session, sessionID } = this.#req;
    if (!session || typeof sessionID !== "string") return false;
    const { saveUninitialized, rolling } = this.#settings;
    if (this.#cookieId !== sessionID) return saveUninitialized || this.#isModified(session, this.described(session));
    return rolling || (cookieOf(session).expires != null && this.#isModified(session, this.described(session)));
  }

  /** The session, as `duty` has found it. */
  described(session: Session): Description {
    return this.#final && this.#finalSession === session ? this.#final : this.#describe(session);
  }

  /** It is being saved as it was described. */
  saved(description: Description): void {
    this.#saved = description;
  }

  /** Sets the cookie's time to live back, once for a request. */
  touch(session: Session): void {
    if (!this.#isTouched) session.touch();
    this.#isTouched = true;
  }

  #isModified(session: Session, { text }: Description): boolean {
    return this.#originalId !== session.id || this.#original?.text !== text;
  }

  #mustSave(session: Session, description: Description): boolean {
    const isNewcomer = !this.#settings.saveUninitialized && !this.#saved && this.#cookieId !== this.#req.sessionID;
    if (isNewcomer) return this.#isModified(session, description);
    return this.#originalId !== session.id || this.#saved?.text !== description.text;
  }
}
