// Flask's own timed cookie, `payload.time.signature`, and Flask-Session's, which is an ID, signed or not.
import { keyOfId } from "../../core/request/session-id.ts";
import { type FlaskCookie, readFlaskCookie } from "../../flask-cookie/cookie.ts";
import { signerOf, unsign } from "../../flask-cookie/signer.ts";
import { encodedTooOften, type Restored } from "./cookie-text.ts";
import { type Evidence, type Finding, findSigner, type Problem, signatureOf, unchecked } from "./report.ts";

/** SHA-1, as Flask has it by default. */
const SIGNATURE = 27;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}(\.|$)/i;

/** A payload is JSON, of an object, plain or deflated. */
export function looksLikeFlask(text: string): boolean {
  return /^(eyJ|e30|\.eJ)/.test(text) && !isJwt(text);
}

/** Whether it is a JSON Web Token, which begins like Flask's cookie and has three parts as well. */
export function isJwt(text: string): boolean {
  const [header = ""] = text.split(".");
  try {
    return "alg" in (JSON.parse(Buffer.from(header, "base64url").toString()) as object);
  } catch {
    return false;
  }
}

export function looksLikeFlaskSession(text: string): boolean {
  return UUID.test(text) || new RegExp(`^[\\w-]{20,128}\\.[\\w-]{${SIGNATURE}}=*$`).test(text);
}

export function inspectFlask({ text, encodings, problems }: Restored, evidence: Evidence): Finding {
  const { secrets, maxAge, now } = evidence;
  const plain = text.replace(/=+$/, "");
  const found = [...problems, ...encodedTooOften(encodings, 0), ...paddingOf(text), ...problemsOfParts(plain)];
  const base = { kind: "flask", key: keyOfId(plain) } as const;
  const read = (secret: string): FlaskCookie => readFlaskCookie(plain, { secret, maxAge: Number.POSITIVE_INFINITY });
  const signer = findSigner(evidence, (secret) => read(secret).verdict !== "bad_signature");
  const signedBy = typeof signer === "number" ? secrets[signer] : undefined;
  const cookie = signedBy === undefined ? undefined : read(signedBy);
  if (found.some(({ code }) => code === "truncated")) {
    return { ...base, signature: unchecked(evidence), problems: found };
  }
  const check = signatureOf(evidence, signer);
  const data = cookie?.data;
  const signedAt = cookie?.verdict === "valid" ? cookie.signedAt : undefined;
  return {
    ...base,
    signature: check.signature,
    signedAt: signedAt === undefined ? null : new Date(signedAt * 1000).toISOString(),
    fields: data === undefined ? null : Object.keys(data),
    problems: [
      ...found,
      ...check.problems,
      ...(cookie?.verdict === "bad_payload" ? [UNREADABLE] : []),
      ...problemsOfTime(signedAt, maxAge, now),
    ],
  };
}

export function inspectFlaskSession({ text, encodings, problems }: Restored, evidence: Evidence): Finding {
  const plain = text.replace(/=+$/, "");
  const [sid = ""] = plain.split(".");
  const found = [...problems, ...encodedTooOften(encodings, 0), ...paddingOf(text)];
  const base = { kind: "flask-session", key: keyOfId(sid) } as const;
  if (!plain.includes(".")) return { ...base, signature: unchecked(evidence), problems: found };
  const signer = findSigner(
    evidence,
    (secret) => unsign(signerOf({ secret, salt: "flask-session" }), plain) !== undefined,
  );
  const check = signatureOf(evidence, signer);
  return { ...base, signature: check.signature, problems: [...found, ...check.problems] };
}

const UNREADABLE: Problem = {
  code: "unreadable",
  message: "The signature is right, and the data is no JSON of Flask's: another program signs with the same secret.",
};

function paddingOf(text: string): Problem[] {
  const message = "It is padded with =, which is refused here. Leave it out.";
  return text.endsWith("=") ? [{ code: "padding", message }] : [];
}

function problemsOfParts(text: string): Problem[] {
  const parts = text.replace(/^\./, "").split(".");
  const signature = parts[2] ?? "";
  if (parts.length >= 3 && signature.length >= SIGNATURE) return [];
  const what = parts.length < 3 ? `${parts.length} of its 3 parts are there` : "its signature is too short";
  return [{ code: "truncated", message: `The end is missing: ${what}.` }];
}

/** @param signedAt Unix time in seconds. */
function problemsOfTime(signedAt: number | undefined, maxAge: number, now: number): Problem[] {
  if (signedAt === undefined) return [];
  const age = Math.floor(now / 1000) - signedAt;
  if (age > maxAge) {
    const message = `It was signed ${age} s ago, and ends after ${maxAge} s (--max-age, PERMANENT_SESSION_LIFETIME).`;
    return [{ code: "expired", message }];
  }
  if (age < 0) return [{ code: "from-the-future", message: "It is signed later than now: clocks differ." }];
  return [];
}
