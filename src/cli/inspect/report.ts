// What is found out about one cookie. Never its text, and never the session ID in it.
import type { SessionJson } from "../command.ts";

type CookieKind = "coatcheck" | "coatcheck-sealed" | "express-session" | "flask" | "flask-session" | "unknown";

/** Something that is wrong, by a stable name and in words that say what to do. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

interface SignatureReport {
  /** `"unchecked"`: there was no secret to check with, or no whole signature. */
  readonly verdict: "right" | "wrong" | "unchecked";
  /** Which secret of the list has signed, from 1; `null` where none did. */
  readonly secret: number | null;
  /** How many secrets the list has. */
  readonly secrets: number;
  /** The cookie's name that was signed with it; `null` where it is not part of the signature. */
  readonly name: string | null;
}

export interface CookieReport {
  readonly kind: CookieKind;
  /** Under which name it came; `null` where the value came alone. */
  readonly name: string | null;
  /** The key of its record. */
  readonly key: string | null;
  readonly signature: SignatureReport;
  /** Only Flask's own cookie says so. */
  readonly signedAt: string | null;
  /** The names of what a cookie itself holds: Flask's, which everyone can read. */
  readonly fields: readonly string[] | null;
  /** The session: of a sealed cookie, what is in it; else the live one in the store, where a store was asked. */
  readonly session: SessionJson | null;
  readonly problems: readonly Problem[];
}

/** What one kind of cookie can tell of a value. */
export type Finding = Pick<CookieReport, "kind" | "key" | "signature" | "problems"> &
  Partial<Pick<CookieReport, "signedAt" | "fields" | "session">>;

/** What cookies are checked with. */
export interface Evidence {
  /** The secrets, the newest first. */
  readonly secrets: readonly string[];
  /** The whole variable, where it has several: an app may take the list for one secret. */
  readonly wholeVariable: string | undefined;
  /** The variable's name. */
  readonly variable: string;
  /** The name under which the cookie came, or must come. */
  readonly name: string | undefined;
  /** Flask's PERMANENT_SESSION_LIFETIME, in seconds. */
  readonly maxAge: number;
  /** Unix time in ms. */
  readonly now: number;
}

/** The signature of what could not be checked. */
export function unchecked({ secrets }: Evidence): SignatureReport {
  return { verdict: "unchecked", secret: null, secrets: secrets.length, name: null };
}

/** Who has signed: the place of a secret in the list, the whole list as one, or nobody. */
type Signer = number | "whole" | undefined;

/** Asks each secret of the list, then the whole list as one. */
export function findSigner({ secrets, wholeVariable }: Evidence, hasSigned: (secret: string) => boolean): Signer {
  const place = secrets.findIndex(hasSigned);
  if (place !== -1) return place;
  return wholeVariable !== undefined && hasSigned(wholeVariable) ? "whole" : undefined;
}

/** What a signer means, with the problem where it is one. */
export function signatureOf(
  evidence: Evidence,
  signer: Signer,
  name: string | null = null,
): { signature: SignatureReport; problems: readonly Problem[] } {
  const { secrets, variable } = evidence;
  if (secrets.length === 0) return { signature: unchecked(evidence), problems: [] };
  const known = { secrets: secrets.length, name };
  if (typeof signer === "number") {
    return { signature: { verdict: "right", secret: signer + 1, ...known }, problems: [] };
  }
  const problem =
    signer === "whole"
      ? {
          code: "list-as-one-secret",
          message: `The app has signed with all of ${variable} as one secret. Let it split the list at its commas.`,
        }
      : {
          code: "wrong-signature",
          message: `No secret in ${variable} has signed this text: it was changed, or another app or secret has signed it.`,
        };
  return { signature: { verdict: "wrong", secret: null, ...known, name: null }, problems: [problem] };
}
