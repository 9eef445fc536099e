// What `import "coatcheck"` gives.

export type { ResponseDuties } from "./core/active-session.ts";
export type { SessionValue } from "./core/codec.ts";
export type { CookieOptions } from "./core/cookie.ts";
export {
  HeadersSentError,
  InsideTransactionError,
  RandomnessError,
  SecretError,
  SessionError,
  SessionGoneError,
  SessionKeyError,
  SessionOptionError,
  SessionRecordError,
  SessionValueError,
  StoreUnavailableError,
  TransactionConflictError,
  UnsupportedOperationError,
} from "./core/errors.ts";
export type { SessionEvent, SessionEventListener } from "./core/events.ts";
export type { RefusalReason } from "./core/id.ts";
export type { RequestSession, SessionInfo, SessionManager } from "./core/manager.ts";
export type { SessionOptions } from "./core/options.ts";
export type { SessionSchema } from "./core/schema.ts";
export { generateSecret, type SecretOption } from "./core/secret.ts";
export type { FlashMessage, Session, SessionControls, SessionData, ValidSessionData } from "./core/session.ts";
export type {
  Awaitable,
  Change,
  Clock,
  CommitResult,
  EndListener,
  ListedRecord,
  ListPage,
  Replacement,
  SessionRecord,
  SessionStore,
} from "./core/store.ts";
export type { Duration } from "./core/time.ts";
export { createSessions } from "./create-sessions.ts";
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from "./stores/memory.ts";
