// Two servers of one app on one store, and visitors of theirs: what the rows about records are asked with.
import type { SessionEvent } from "../../src/core/events.ts";
import { createManager, type SessionManager } from "../../src/core/manager.ts";
import type { SessionOptions } from "../../src/core/options.ts";
import type { SessionStore } from "../../src/core/record/store.ts";
import { createIdSigner, keyOfId } from "../../src/core/request/session-id.ts";
import { deriveKeys } from "../../src/core/secrets.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { type AnyData, SECRET } from "../fixtures/manager.ts";
import { createVisitor, type Visitor } from "../fixtures/visitor.ts";

export type Sessions = SessionManager<AnyData>;
export type Guest = Visitor<AnyData>;

/** How long a call may take on a busy machine, in ms. */
const PATIENT = 15_000;

const signer = createIdSigner("session", deriveKeys(SECRET));

export function serverOn(
  store: SessionStore,
  options: Partial<SessionOptions<AnyData>> = {},
  events: SessionEvent[] = [],
): Sessions {
  const onEvent = (event: SessionEvent): unknown => events.push(event);
  return createManager<AnyData>({ secret: SECRET, store, storeTimeout: PATIENT, onEvent, ...options }, memoryStore);
}

/** A visitor with data, and logged in where there is an owner. */
export async function visitorOf(sessions: Sessions, owner?: string, data: AnyData = { a: 1 }): Promise<Guest> {
  const visitor = createVisitor(sessions);
  await visitor.request(async (session) => {
    session.update(data);
    if (owner !== undefined) await session.login(owner);
  });
  return visitor;
}

/** What a cookie opens: the data and the owner, or that it opens nothing. */
export async function opened(
  sessions: Sessions,
  cookie: string | undefined,
): Promise<{ data: AnyData; owner: string | undefined } | undefined> {
  return createVisitor(sessions, cookie).request((session) =>
    session.isNew ? undefined : { data: { ...session }, owner: session.owner },
  );
}

/** The cookie of an ID, as the app would sign it. */
export function cookieOf(id: string): string {
  return `session=${signer.sign(id)}`;
}

export function keyOfCookie(cookie: string | undefined): string {
  return keyOfId(cookie?.slice("session=".length).split(".")[0] ?? "");
}
