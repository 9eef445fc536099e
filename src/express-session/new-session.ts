// New sessions: express-session gives one to every visitor at once, whether it is kept or not.
import { randomFillSync } from "node:crypto";
import { Cookie } from "./cookie.ts";
import type { Settings } from "./options.ts";
import { isSecure, type SessionRequest } from "./request.ts";
import { NotedSession } from "./session.ts";
import type { Store } from "./store.ts";

/** 192 bits in 32 characters: the length for which the tables of stores of express-session's kind were made. */
export const SHORT_ID_BYTES = 24;

/** How many IDs are made at once: asking the system for a few random bytes takes as long as for many. */
const POOLED_IDS = 128;

/** Returns a function that gives a request a new session. @param idBytes The length of its ID. */
export function createGenerator(settings: Settings, idBytes: number): Store["generate"] {
  const { generateId = createIdPool(idBytes), proxy } = settings;
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

/** Returns a function that makes an ID of so many random bytes, as base64url. */
function createIdPool(bytes: number): () => string {
  const pool = Buffer.alloc(POOLED_IDS * bytes);
  let place = pool.length;

  return () => {
    if (place === pool.length) {
      randomFillSync(pool);
      place = 0;
    }
    const end = place + bytes;
    const id = pool.toString("base64url", place, end);
    // Nothing is left behind of an ID that was given out.
    pool.fill(0, place, end);
    place = end;
    return id;
  };
}
