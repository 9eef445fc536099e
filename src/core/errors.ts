// Every error that users of the library can meet.
// No message and no cause ever holds an ID, a secret, a cookie's value or a value of a session.
import { safeCause } from "./util/error-cause.ts";
import { shareClass } from "./util/process-wide.ts";

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  403: "Forbidden",
  409: "Conflict",
  503: "Service Unavailable",
};

/** The `code` of each error, so that the compiler checks a `switch` over them. */
export type SessionErrorCode =
  | "COOKIE_TOO_LARGE"
  | "CSRF"
  | "DATA_REFUSED"
  | "FRESH_LOGIN_REQUIRED"
  | "HEADERS_SENT"
  | "INSIDE_TRANSACTION"
  | "INVALID_KEY"
  | "INVALID_OPTION"
  | "INVALID_RECORD"
  | "INVALID_SECRET"
  | "INVALID_VALUE"
  | "NO_SESSION"
  | "RANDOMNESS"
  | "READ_ONLY_SESSION"
  | "SESSION_GONE"
  | "SESSION_LIMIT"
  | "SESSION_REPLACED"
  | "STORE_UNAVAILABLE"
  | "TRANSACTION_CONFLICT"
  | "UNSUPPORTED_OPERATION";

/** What all errors of the library share: a stable `code` to branch on, and the HTTP status that fits. */
export class SessionError extends Error {
  /** Stable name of the case, for code that branches: `"STORE_UNAVAILABLE"`. */
  readonly code: SessionErrorCode;
  /** The HTTP status that answers a request which ended so. Express, Koa and others read it from here. */
  readonly status: number;
  /** The same for frameworks that read `statusCode`: Fastify, and NestJS, which takes it from own properties. */
  readonly statusCode: number;
  /** Whether the message may be shown to the visitor, as in http-errors: never, because it is for the developer. */
  readonly expose: boolean = false;
  /** Headers that go with the status. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: SessionErrorCode,
    message: string,
    options: { status?: number; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: causeOf(options.cause) });
    this.name = new.target.name;
    this.code = code;
    this.status = options.status ?? 500;
    this.statusCode = this.status;
    this.headers = options.headers ?? {};
  }

  /** What the status is called: `"Forbidden"`. */
  get statusText(): string {
    return STATUS_TEXTS[this.status] ?? "Internal Server Error";
  }

  /** The answer for a request that ended so, in web standard terms; Hono's error handler asks for it. */
  getResponse(): Response {
    return new Response(this.statusText, {
      status: this.status,
      headers: { "Cache-Control": "no-store", ...this.headers },
    });
  }
}

/** An option is missing, unknown, out of range or contradicts another. Thrown at start. */
export class SessionOptionError extends SessionError {
  /** The option's name as the user wrote it: `"cookie.sameSite"`. */
  readonly option: string;

  constructor(option: string, problem: string, remedy: string) {
    super("INVALID_OPTION", `Option "${option}" ${problem}. ${remedy}`);
    this.option = option;
  }
}

/** The secret is missing, short, guessable or published. Thrown at start. */
export class SecretError extends SessionError {
  /** @param problem A sentence. */
  constructor(problem: string) {
    super(
      "INVALID_SECRET",
      `${problem} Make a secret with \`npx coatcheck secret\` and pass it in from the environment, never from the code.`,
    );
  }
}

/** A name that belongs to the library, or that would reach a prototype, was used as a key of the session. */
export class SessionKeyError extends SessionError {
  readonly key: string;

  constructor(key: string, problem: string, remedy: string) {
    super("INVALID_KEY", `session[${quote(key)}] ${problem}. ${remedy}`);
    this.key = key;
  }
}

/** A value cannot be stored without being changed. Nothing of it was stored. */
export class SessionValueError extends SessionError {
  /** Where the value sits: `cart[2].total`. */
  readonly path: string;

  constructor(path: string, problem: string, remedy: string) {
    super("INVALID_VALUE", `session.${path} ${problem}. ${remedy}`);
    this.path = path;
  }
}

/** An app has put an object in the place of the session, which would be lost in silence. Nothing was stored. */
export class SessionReplacedError extends SessionError {
  /** @param name Of the property of the request, or the context. */
  constructor(name: string) {
    super(
      "SESSION_REPLACED",
      `An object was put in the session's place, at "${name}". Assign its keys: session.name = value, or session.update(values). null ends the session.`,
    );
  }
}

/** The session does not fit into its cookie. Nothing of it was changed, and the browser's cookie is as good as before. */
export class CookieTooLargeError extends SessionError {
  /** How many bytes `name=value` would have. */
  readonly size: number;
  /** How many it may have. */
  readonly limit: number;
  /** What takes most of it: keys of the session, with the bytes of their names and values. */
  readonly largest: readonly KeySize[];

  constructor(size: number, limit: number, largest: readonly KeySize[]) {
    const named = largest.map(({ key, bytes }) => `${quote(key)} (${bytes} bytes)`).join(", ");
    super(
      "COOKIE_TOO_LARGE",
      `The session needs a cookie of ${size} bytes, and browsers drop one of more than ${limit}, so nothing was changed. The most is in ${named}. Keep IDs in the session and the data elsewhere, or use a store on the server, such as sqliteStore().`,
    );
    this.size = size;
    this.limit = limit;
    this.largest = largest;
  }
}

/** How much one key of a session takes. */
export interface KeySize {
  readonly key: string;
  readonly bytes: number;
}

/** A stored record is not what this library writes. */
export class SessionRecordError extends SessionError {
  constructor(problem: string, cause?: unknown) {
    super(
      "INVALID_RECORD",
      `A stored session record ${problem}. Another program may write under the same keys; destroy the record or give the store a prefix of its own.`,
      { cause },
    );
  }
}

/** The store's database takes no such data, and would not take it the next time. Nothing was stored; others are served. */
export class DataRefusedError extends SessionError {
  /** @param reason A sentence that names what the database requires; never the data. */
  constructor(store: string, operation: string, reason: string, cause?: unknown) {
    super(
      "DATA_REFUSED",
      `The session store (${store}) refused the data of "${operation}", so nothing of it was stored. ${reason}`,
      { cause },
    );
  }
}

/** The session ended (logout, revocation, new ID, expiry) while this request was at work: its changes were not stored. */
export class SessionGoneError extends SessionError {
  constructor() {
    super(
      "SESSION_GONE",
      "The session ended while this request was under way, so its changes were not stored. Repeat the request with a fresh session.",
      { status: 409 },
    );
  }
}

/** The session was first written when the response's headers, and so its cookie, had already been sent. */
export class HeadersSentError extends SessionError {
  constructor() {
    super(
      "HEADERS_SENT",
      "A new session was written after the response's headers were sent, so the browser can't learn its ID. Write to the session before the response begins.",
    );
  }
}

/** The request needs a login more recent than the session's: ask for the password again, and call `login` again. */
export class FreshLoginRequiredError extends SessionError {
  constructor() {
    super(
      "FRESH_LOGIN_REQUIRED",
      "This request needs a more recent login. Ask for the password again, and call session.login(owner) when it is right.",
      { status: 403 },
    );
  }
}

/** A request that changes something can't be shown to come from this site's own pages: see `verifyCsrf`. Nothing was done. */
export class CsrfError extends SessionError {
  /** Which check failed: `"site"` is the header `Sec-Fetch-Site`, `"origin"` the header `Origin`. */
  readonly check: "site" | "origin" | "token";

  /** @param message What failed and what to do; never a token. */
  constructor(check: "site" | "origin" | "token", message: string) {
    super("CSRF", message, { status: 403 });
    this.check = check;
  }
}

/** The owner has as many sessions as `maxSessionsPerOwner` allows, and another login is refused. Nobody was logged in. */
export class SessionLimitError extends SessionError {
  /** How many are allowed. */
  readonly limit: number;

  constructor(limit: number) {
    super(
      "SESSION_LIMIT",
      `The owner has ${limit} sessions already, which is the limit. End one of them first: sessions.list(owner), sessions.revoke(key).`,
      { status: 403 },
    );
    this.limit = limit;
  }
}

/** A control of the session was called inside its own transaction, where it would wait for itself. */
export class InsideTransactionError extends SessionError {
  constructor() {
    super(
      "INSIDE_TRANSACTION",
      "A transaction's function called a control of its own session, which would wait for itself. Read and write data there, and call controls before or after.",
    );
  }
}

/** The source of random numbers gave too little, or an ID that is already taken. No session was made. */
export class RandomnessError extends SessionError {
  constructor(problem: string) {
    super("RANDOMNESS", `The source of random numbers ${problem}. Stop this server: no ID that it makes is safe.`);
  }
}

/** `transaction` met a changed record on every try until its time was up, or waited that long for another transaction. */
export class TransactionConflictError extends SessionError {
  /** @param tries How often it ran; 0 when its turn never came. */
  constructor(tries: number) {
    super(
      "TRANSACTION_CONFLICT",
      tries === 0
        ? "A transaction waited too long for another one of the same session; nothing of it was stored. Don't wait for another transaction of the session inside a transaction's function, and keep the function short."
        : `A transaction gave up after ${tries} tries, since others changed the session each time; nothing of it was stored. Keep the function short, and repeat the request.`,
      { status: 503, headers: { "Retry-After": "1" } },
    );
  }
}

const CAN_REPEAT =
  "The visitor keeps a cookie that works: the one before, or, if this request had already given the session a new ID, the one that its answer sets. The request can be repeated when the store is back.";
const LOST_MOVE =
  "The session was to get a new ID, and the store may have done so all the same. If the visitor's cookie opens nothing any more when the store is back, the visitor has to begin anew, or log in again.";

/** The store did not answer in time or not at all. Nothing was reported as stored. */
export class StoreUnavailableError extends SessionError {
  /** How many sessions `revokeAll` had ended when the store failed; `undefined` for other calls, and where none is known. */
  readonly ended?: number;

  constructor(store: string, operation: string, cause?: unknown, ended?: number) {
    super(
      "STORE_UNAVAILABLE",
      `The session store (${store}) did not complete "${operation}". ${outcomeOf(operation, ended)}`,
      { status: 503, headers: { "Retry-After": "1" }, cause },
    );
    if (ended !== undefined) this.ended = ended;
  }
}

function outcomeOf(operation: string, ended: number | undefined): string {
  if (ended !== undefined)
    return `It had ended ${ended} of the owner's sessions, or more. Call revokeAll again to end the rest.`;
  return operation === "replace" ? LOST_MOVE : CAN_REPEAT;
}

/** The store is of a kind that can't do this: see its `unkeptLaws`. Nothing was done. */
export class UnsupportedOperationError extends SessionError {
  constructor(store: string, operation: string) {
    super(
      "UNSUPPORTED_OPERATION",
      `This session store (${store}) can't do "${operation}". Where sessions must be found by their owner, use sqliteStore(), redisStore() or postgresStore().`,
    );
  }
}

/** An error of the library says nothing of the data; of any other, only what happened is kept. */
function causeOf(cause: unknown): Error {
  return cause instanceof SessionError ? cause : safeCause(cause);
}

function quote(key: string): string {
  return JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key);
}

/** All classes of this file: an error that another copy of the library has thrown is an instance of ours too. */
const SHARED = {
  SessionError,
  SessionOptionError,
  SecretError,
  SessionKeyError,
  SessionValueError,
  SessionReplacedError,
  CookieTooLargeError,
  SessionRecordError,
  DataRefusedError,
  SessionGoneError,
  HeadersSentError,
  FreshLoginRequiredError,
  CsrfError,
  SessionLimitError,
  InsideTransactionError,
  RandomnessError,
  TransactionConflictError,
  StoreUnavailableError,
  UnsupportedOperationError,
};
for (const [name, Class] of Object.entries(SHARED)) shareClass(Class, name);
