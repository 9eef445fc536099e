// What `import ... from "coatcheck/csrf"` gives: the check itself, for what has no middleware of ours.

export { CsrfError } from "./core/errors.ts";
export { type CsrfOptions, type CsrfRequest, type CsrfSession, verifyCsrf } from "./core/request/csrf.ts";
