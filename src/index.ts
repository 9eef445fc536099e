// What `import "coatcheck"` gives.

export type { ResponseDuties } from "./core/active-session.ts";
export type { SessionValue } from "./core/codec.ts";
export type { CookieOptions } from "./core/cookie.ts";
export type { KnownDevice, LoginDevice } from "./core/device.ts";
export {
  CookieTooLargeError,
  CsrfError,
  DataRefusedError,
  FreshLoginRequiredError,
  HeadersSentError,
  InsideTransactionError,
  type KeySize,
  RandomnessError,
  SecretError,
  SessionError,
  type SessionErrorCode,
  SessionGoneError,
  SessionKeyError,
  SessionLimitError,
  SessionOptionError,
  SessionRecordError,
  SessionReplacedError,
  SessionValueError,
  StoreUnavailableError,
  TransactionConflictError,
  UnsupportedOperationError,
} from "./core/errors.ts";
export type { EventMessage, SessionEvent, SessionEventListener } from "./core/events.ts";
export type { EncryptionOptions } from "./core/field-encryption.ts";
export type { RefusalReason } from "./core/id.ts";
export type { RequestSession, SessionManager } from "./core/manager.ts";
export type { SessionOptions } from "./core/options.ts";
export type { SessionSchema } from "./core/schema.ts";
export { generateSecret, type SecretOption } from "./core/secret.ts";
export type { FlashMessage, Session, SessionControls, SessionData, ValidSessionData } from "./core/session.ts";
export type { SessionDetails, SessionField, SessionInfo, SessionPage } from "./core/session-info.ts";
export type { SessionLimitOption } from "./core/session-limit.ts";
export type {
  Awaitable,
  BrowseOptions,
  Change,
  Clock,
  CommitResult,
  EndListener,
  ListedRecord,
  ListPage,
  Replacement,
  SessionCount,
  SessionRecord,
  SessionStore,
} from "./core/store.ts";
export type { StoreCall } from "./core/store-calls.ts";
export type { Duration } from "./core/time.ts";
export { createSessions } from "./create-sessions.ts";
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from "./stores/memory.ts";
