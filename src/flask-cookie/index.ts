// What `import "coatcheck/flask-cookie"` gives: the sessions of Python's Flask, read, written, and served as a store.
export {
  type FlaskCookie,
  type ReadFlaskCookieOptions,
  readFlaskCookie,
  type WriteFlaskCookieOptions,
  writeFlaskCookie,
} from "./cookie.ts";
export { type FlaskCookieStore, type FlaskCookieStoreOptions, flaskCookieStore } from "./cookie-store.ts";
export type { RecordFormat } from "./session-records.ts";
export {
  type FlaskSessionRedisStore,
  type FlaskSessionRedisStoreOptions,
  flaskSessionRedisStore,
} from "./session-redis-store.ts";
export type { FlaskSecret, FlaskSignature } from "./signer.ts";
export { Markup, Tuple, Uuid } from "./values.ts";
