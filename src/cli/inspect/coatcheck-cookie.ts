// coatcheck's own cookie: `id.signature`, 43 characters of base64url each; the name of the cookie is signed with it.
import { createIdSigner, keyOfId, SIGNED_ID_LENGTH } from "../../core/request/session-id.ts";
import { encodedTooOften, type Restored } from "./cookie-text.ts";
import { checkNamedSignature } from "./named-signature.ts";
import { type Evidence, type Finding, type Problem, unchecked } from "./report.ts";

const PART = 43;
/** Whether a text looks like our cookie, or like what is left of one. */
export function looksLikeOurs(text: string): boolean {
  const [id = "", signature] = text.replace(/=+/g, "").split(".");
  if (!/^[\w+/-]*$/.test(id)) return false;
  return id.length === PART || (signature === undefined && id.length >= 16 && id.length < SIGNED_ID_LENGTH);
}

export function inspectOurs({ text, encodings, problems }: Restored, evidence: Evidence): Finding {
  const clean = cleaned(text);
  const form = problemsOfForm(clean.text);
  const found = [...problems, ...encodedTooOften(encodings, 0), ...clean.problems, ...form];
  const [id = ""] = clean.text.split(".");
  const key = id.length === PART ? keyOfId(id) : null;
  if (form.length > 0) return { kind: "coatcheck", key, signature: unchecked(evidence), problems: found };
  const check = checkNamedSignature(
    evidence,
    (keys, name) => typeof createIdSigner(name, keys).verify(clean.text) === "object",
  );
  return { kind: "coatcheck", key, signature: check.signature, problems: [...found, ...check.problems] };
}

/** The text in our alphabet and without padding. */
function cleaned(text: string): { text: string; problems: Problem[] } {
  const problems: Problem[] = [];
  if (text.includes("=")) {
    problems.push({ code: "padding", message: "It is padded with =, which the app refuses. Leave the = out." });
  }
  if (/[+/]/.test(text)) {
    problems.push({ code: "alphabet", message: "It has + or / where base64url has - and _. Send it as it was set." });
  }
  const clean = text.replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");
  return { text: clean, problems };
}

function problemsOfForm(text: string): Problem[] {
  const truncated = (message: string): Problem[] => [{ code: "truncated", message }];
  if (text.length < SIGNED_ID_LENGTH) {
    if (!text.includes(".") && text.length === PART) {
      return truncated(
        "The signature is missing, from the dot on. (Flask-Session's unsigned IDs look the same: is this its cookie?)",
      );
    }
    return truncated(`It has ${text.length} of ${SIGNED_ID_LENGTH} characters: the end is missing.`);
  }
  if (text.length > SIGNED_ID_LENGTH) {
    const message = `It has ${text.length} characters, and should have ${SIGNED_ID_LENGTH}: something is attached to it.`;
    return [{ code: "too-long", message }];
  }
  const isCanonical = text.split(".").every((part) => Buffer.from(part, "base64url").toString("base64url") === part);
  if (text[PART] === "." && isCanonical) return [];
  return [{ code: "damaged", message: "It has a character that can't stand at its place: it was changed on its way." }];
}
