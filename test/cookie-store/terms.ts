// What a manager tells a store that brings its own cookie, for tests without a manager.
import type { CookieTerms } from "../../src/core/id.ts";
import { deriveKeys, keysFor } from "../../src/core/secret.ts";
import { SECRET } from "../support/manager.ts";

export function termsOf({
  secret = SECRET,
  ...terms
}: Partial<CookieTerms> & { secret?: string | readonly string[] } = {}): CookieTerms {
  return {
    cookieName: "session",
    sealKeys: keysFor("seal", deriveKeys(secret)),
    clock: Date.now,
    random: undefined,
    ...terms,
  };
}
