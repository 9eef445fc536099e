// What `import "coatcheck"` gives.

export type { KnownDevice, LoginDevice } from "./core/admin/device.ts";
export type { SessionDetails, SessionField, SessionInfo, SessionPage } from "./core/admin/session-info.ts";
export type { SessionLimitOption } from "./core/admin/session-limit.ts";
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
export type { RequestSession, SessionManager } from "./core/manager.ts";
export type { SessionOptions } from "./core/options.ts";
export type { SessionValue } from "./core/record/codec.ts";
export type { EncryptionOptions } from "./core/record/encryption.ts";
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
} from "./core/record/store.ts";
export type { StoreCall } from "./core/record/store-calls.ts";
export type { CookieOptions } from "./core/request/session-cookie.ts";
export type { RefusalReason } from "./core/request/session-id.ts";
export type { SessionSchema } from "./core/schema.ts";
export { generateSecret, type SecretOption } from "./core/secrets.ts";
export type { ResponseDuties } from "./core/session/active-session.ts";
export type { FlashMessage, Session, SessionControls, SessionData, ValidSessionData } from "./core/session/types.ts";
export type { Duration } from "./core/time.ts";
export { createSessions } from "./create-sessions.ts";
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from "./stores/memory/index.ts";
