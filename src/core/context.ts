// What all sessions of one manager share.
import type { KeyObject } from "node:crypto";
import type { SessionCookie } from "./cookie.ts";
import type { SessionEventListener } from "./events.ts";
import type { FieldEncryption } from "./field-encryption.ts";
import type { IdSigner } from "./id.ts";
import type { KeyedQueue } from "./keyed-queue.ts";
import type { Revocations } from "./revocation.ts";
import type { SessionLimit } from "./session-limit.ts";
import type { SessionStore } from "./store.ts";
import type { Limits } from "./time.ts";

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
