// One cookie: what kind it is, and what is wrong with it.
import { inspectOurs, looksLikeOurs } from "./coatcheck-cookie.ts";
import { restore } from "./cookie-text.ts";
import { inspectExpress, looksLikeExpress } from "./express-cookie.ts";
import { inspectFlask, inspectFlaskSession, isJwt, looksLikeFlask, looksLikeFlaskSession } from "./flask-cookie.ts";
import { type Evidence, type Finding, unchecked } from "./report.ts";
import { inspectSealed, looksSealed } from "./sealed-cookie.ts";

/** @param value A cookie's value, as it came. */
export function inspectCookie(value: string, evidence: Evidence): Finding {
  const restored = restore(value);
  const { text } = restored;
  if (looksLikeExpress(text)) return inspectExpress(restored, evidence);
  if (looksLikeFlask(text)) return inspectFlask(restored, evidence);
  if (looksLikeFlaskSession(text)) return inspectFlaskSession(restored, evidence);
  if (looksSealed(text)) return inspectSealed(restored, evidence);
  if (looksLikeOurs(text)) return inspectOurs(restored, evidence);
  const message = isJwt(text)
    ? "This is a JSON Web Token, and no session's cookie."
    : "This is no cookie of coatcheck, express-session, Flask or Flask-Session, or too little is left of it.";
  return { kind: "unknown", key: null, signature: unchecked(evidence), problems: [{ code: "unknown", message }] };
}
