// What `import ... from "coatcheck/csrf"` gives: the check itself, for what has no middleware of ours.
export { type CsrfOptions, type CsrfRequest, type CsrfSession, verifyCsrf } from "../../core/csrf.ts";
export { CsrfError } from "../../core/errors.ts";
