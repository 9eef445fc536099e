// What all sessions of one manager share.
import type { KeyObject } from "node:crypto";
import type { Revocations } from "./admin/revocation.ts";
import type { SessionLimit } from "./admin/session-limit.ts";
import type { SessionEventListener } from "./events.ts";
import type { FieldEncryption } from "./record/encryption.ts";
import type { SessionStore } from "./record/store.ts";
import type { SessionCookie } from "./request/session-cookie.ts";
import type { IdSigner } from "./request/session-id.ts";
import type { Limits } from "./time.ts";
import type { KeyedQueue } from "./util/keyed-queue.ts";

export interface SessionContext {
  /** Bounded in time; see guarded-store.ts. */
  readonly store: SessionStore;
  readonly limits: Limits;
  readonly cookie: SessionCookie;
  readonly signer: IdSigner;
  /** One of each secret: the first makes CSRF tokens, all verify them. */
  readonly csrfKeys: readonly [KeyObject, ...KeyObject[]];
  readonly revocations: Revocations;
  /** Transactions of one session stand in line here, so that only other processes make them try again. */
  readonly transactions: KeyedQueue;
  readonly emit: SessionEventListener;
  /** Whether cookies outlive the browser where the session does not say. */
  readonly permanent: boolean;
  /** A session gets a new ID after so many ms, if at all. */
  readonly renewInterval: number | undefined;
  /** Encrypts what the store keeps, if anything does. */
  readonly encryption: FieldEncryption | undefined;
  /** How many sessions an owner may have, if there is a limit. */
  readonly sessionLimit: SessionLimit | undefined;
  /** Throws when the data is not what the app's schema allows. */
  readonly validate: ((data: Record<string, unknown>) => void) | undefined;
}
