// What `import "coatcheck/flask-cookie"` gives: the sessions of Python's Flask, read and written.
export {
  type FlaskCookie,
  type ReadFlaskCookieOptions,
  readFlaskCookie,
  type WriteFlaskCookieOptions,
  writeFlaskCookie,
} from "./cookie.ts";
export type { FlaskSecret, FlaskSignature } from "./signer.ts";
export { Markup, Tuple, Uuid } from "./values.ts";
