// The session of an app without a secret key: empty to read, and an error where it is written, as Flask's NullSession.

import { SecretError } from "../core/errors.ts";
import { createManager, type SessionManager } from "../core/manager.ts";
import type { SessionStore } from "../core/record/store.ts";
import { generateSecret } from "../core/secrets.ts";
import { type ControlName, effectOf } from "../core/session/controls.ts";
import type { FlaskSession, FlaskSessionData } from "./session.ts";

/** Controls that count as writing, but leave an empty session as it is: Flask's NullSession answers them too. */
const HARMLESS: ReadonlySet<PropertyKey> = new Set(["takeFlashes", "save", "reload"] satisfies ControlName[]);

/** Nothing is ever put in: what would be stored is refused before. */
const NOWHERE: SessionStore = {
  name: "nowhere",
  load: () => undefined,
  create: () => false,
  commit: () => "gone",
  replace: () => "gone",
  destroy: () => false,
  list: () => ({ sessions: [] }),
  destroyAll: () => 0,
  sweep: () => 0,
  close() {},
};

let nowhere: SessionManager<FlaskSessionData> | undefined;

/** An empty session for one request. Every write throws a SecretError. */
export async function createNullSession(): Promise<FlaskSession> {
  // What this secret signs goes nowhere.
  nowhere ??= createManager<FlaskSessionData>({ secret: generateSecret(), store: NOWHERE }, () => NOWHERE);
  const { session } = await nowhere.open(undefined);
  return new Proxy(session, {
    get: (target, name) => (writes(name) ? refuse() : Reflect.get(target, name)),
    set: (_target, name, value) => (name === "modified" && value === true) || refuse(),
    deleteProperty: refuse,
    defineProperty: refuse,
  });
}

/** Whether using this name would write; `pop` of an absent key too, as in Flask. */
function writes(name: PropertyKey): boolean {
  const effect = effectOf(name);
  return effect !== undefined && effect !== "reads" && !HARMLESS.has(name);
}

function refuse(): never {
  throw new SecretError("The session is unavailable because no secret key was set: app.secretKey is empty.");
}
