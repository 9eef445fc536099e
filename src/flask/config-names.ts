// Names in `app.config` that would mislead if they were taken in silence: slips, what belongs to Flask-Session, and what
// Flask has and coatcheck has not. All other names are the app's own, as in Flask.
import { SessionOptionError } from "../core/errors.ts";
import { nearestName } from "../core/util/option-names.ts";

/** Flask's names for the session that mean something here. */
const SESSION_NAMES: readonly string[] = [
  "SESSION_COOKIE_NAME",
  "SESSION_COOKIE_DOMAIN",
  "SESSION_COOKIE_PATH",
  "SESSION_COOKIE_HTTPONLY",
  "SESSION_COOKIE_SECURE",
  "SESSION_COOKIE_SAMESITE",
  "SESSION_COOKIE_PARTITIONED",
  "SESSION_REFRESH_EACH_REQUEST",
];

/** Nobody but Flask has names that begin so: one that is unknown is a slip. */
const FLASK_PREFIX = /^(SESSION_COOKIE_|SESSION_REFRESH_|PERMANENT_SESSION_)/;

const STORE = "Where sessions live is SESSION_STORE, such as redisStore({ client }), or SESSION_PATH.";
const ALWAYS = "Leave it out: the cookie's ID is always random, 256 bits long and signed.";
const DATA = "Leave it out: each key is stored by itself, as JSON.";
const SWEEP = "Leave it out: expired sessions are dropped by themselves.";

/** Flask-Session's names, and what to say instead. */
const FLASK_SESSION: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/^SESSION_(TYPE|REDIS|MEMCACHED|CACHELIB|SQLALCHEMY|MONGODB|DYNAMODB|POSTGRESQL)/, STORE],
  [/^SESSION_FILE_(DIR|THRESHOLD|MODE)$/, STORE],
  [/^SESSION_KEY_PREFIX$/, "Give the prefix to the store: redisStore({ client, prefix })."],
  [/^SESSION_(USE_SIGNER|ID_LENGTH)$/, ALWAYS],
  [/^SESSION_SERIALIZATION_FORMAT$/, DATA],
  [/^SESSION_CLEANUP_N_REQUESTS$/, SWEEP],
  [/^SESSION_PERMANENT$/, "Say SESSION_OPTIONS: { permanent: true }."],
];

/** Flask's settings that would change what the app does and are not here, with what does it instead. */
const NOT_HERE: Readonly<Record<string, string>> = {
  TRUSTED_HOSTS: "Check request.host in app.beforeRequest, or have the server in front pass your hosts only.",
  PROPAGATE_EXCEPTIONS: "TESTING: true has app.request reject with a view's mistake.",
  TRAP_HTTP_EXCEPTIONS: "TESTING: true has app.request reject with a view's mistake.",
  TRAP_BAD_REQUEST_ERRORS: "DEBUG: true names the missing field in the page of the error.",
  USE_X_SENDFILE: "Have the server in front serve the files of /static/.",
  SEND_FILE_MAX_AGE_DEFAULT: "Set Cache-Control in app.afterRequest.",
  EXPLAIN_TEMPLATE_LOADING: "Templates are looked for in one folder, which templateFolder names.",
};

/** @throws SessionOptionError for the first name that is none of the app's own and does nothing here. */
export function checkNames(config: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(config)) {
    const remedy = isOff(value) ? undefined : remedyFor(name);
    if (remedy !== undefined) throw new SessionOptionError(name, "does nothing here", remedy);
    if (!FLASK_PREFIX.test(name) || SESSION_NAMES.includes(name) || name === "PERMANENT_SESSION_LIFETIME") continue;
    const near = nearestName(name, [...SESSION_NAMES, "PERMANENT_SESSION_LIFETIME"]);
    const meant = near === undefined ? "" : `Did you mean "${near}"? `;
    throw new SessionOptionError(name, "is unknown", `${meant}The names are ${SESSION_NAMES.join(", ")}.`);
  }
}

/** Flask's own defaults of these settings, which ask for nothing. */
function isOff(value: unknown): boolean {
  return value === undefined || value === null || value === false;
}

function remedyFor(name: string): string | undefined {
  if (Object.hasOwn(NOT_HERE, name)) return NOT_HERE[name];
  const found = FLASK_SESSION.find(([pattern]) => pattern.test(name));
  return found && `It is Flask-Session's. ${found[1]}`;
}
