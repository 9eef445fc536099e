// What each setting of `app.config` must be. Names of the app's own are free; `null`, Python's `None`, is no setting.

import { SessionOptionError } from "../core/errors.ts";
import { cookieDomainOption, cookieNameOption, cookiePathOption } from "../core/request/session-cookie.ts";
import {
  booleanOption,
  checkedWhereParsed,
  listOption,
  nameOption,
  type OptionCheck,
  objectOption,
  oneOfOption,
  stringOption,
} from "../core/util/option-checks.ts";
import type { FlaskConfig } from "./config.ts";
import { checkNames } from "./config-names.ts";

/** The names of the config without its index signature. */
type Setting = keyof { [Name in keyof FlaskConfig as string extends Name ? never : Name]: true };

const CHECKS: Readonly<Record<Setting, OptionCheck>> = {
  SECRET_KEY: checkedWhereParsed,
  SECRET_KEY_FALLBACKS: listOption(stringOption),
  SESSION_COOKIE_NAME: cookieNameOption,
  SESSION_COOKIE_DOMAIN: cookieDomainOption,
  SESSION_COOKIE_PATH: cookiePathOption,
  SESSION_COOKIE_HTTPONLY: booleanOption,
  SESSION_COOKIE_SECURE: oneOfOption(true, false, "auto"),
  SESSION_COOKIE_SAMESITE: oneOfOption("Lax", "Strict", "None", "lax", "strict", "none"),
  SESSION_COOKIE_PARTITIONED: booleanOption,
  PERMANENT_SESSION_LIFETIME: checkedWhereParsed,
  SESSION_REFRESH_EACH_REQUEST: booleanOption,
  APPLICATION_ROOT: cookiePathOption,
  SESSION_STORE: checkedWhereParsed,
  SESSION_PATH: stringOption,
  SESSION_OPTIONS: objectOption('Give what createSessions takes: { idleTimeout: "2h" }.'),
  MAX_CONTENT_LENGTH: limitOption,
  MAX_FORM_MEMORY_SIZE: limitOption,
  MAX_FORM_PARTS: limitOption,
  SERVER_NAME: nameOption,
  PREFERRED_URL_SCHEME: oneOfOption("http", "https"),
  DEBUG: booleanOption,
  TESTING: booleanOption,
};

/** @throws SessionOptionError for the first setting that is wrong, or whose name would mislead. */
export function checkConfig(config: FlaskConfig): void {
  checkNames(config);
  for (const [name, check] of Object.entries(CHECKS)) {
    const value = config[name];
    if (value !== undefined && value !== null) check(name, value);
  }
}

/** @throws SessionOptionError unless it is a number of bytes or fields; `Infinity` is no limit. */
function limitOption(option: string, value: unknown): void {
  if (typeof value === "number" && value >= 0) return;
  throw new SessionOptionError(option, "must be a number that is not negative", "Use Infinity for no limit.");
}
