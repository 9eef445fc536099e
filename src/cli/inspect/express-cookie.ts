// express-session's cookie, and the drop-in's: `s:`, the session ID, a dot and its signature, URL-encoded once.
import { keyOfId } from "../../core/request/session-id.ts";
import { createSigner } from "../../express-session/signature.ts";
import { encodedTooOften, type Restored } from "./cookie-text.ts";
import { type Evidence, type Finding, findSigner, type Problem, signatureOf, unchecked } from "./report.ts";

const SIGNATURE = 43;

export function looksLikeExpress(text: string): boolean {
  return text.startsWith("s:");
}

export function inspectExpress({ text, encodings, problems }: Restored, evidence: Evidence): Finding {
  const dot = text.lastIndexOf(".");
  const id = dot === -1 ? text.slice(2) : text.slice(2, dot);
  const signature = dot === -1 ? "" : text.slice(dot + 1);
  const found = [...problems, ...encodedTooOften(encodings, 1), ...problemsOfForm(signature)];
  const base = { kind: "express-session", key: id === "" ? null : keyOfId(id) } as const;
  if (signature.length < SIGNATURE) return { ...base, signature: unchecked(evidence), problems: found };
  const whole = `s:${id}.${signature.slice(0, SIGNATURE).replaceAll("-", "+").replaceAll("_", "/")}`;
  const signer = findSigner(evidence, (secret) => createSigner([secret]).unsign(whole) !== undefined);
  const check = signatureOf(evidence, signer);
  return { ...base, signature: check.signature, problems: [...found, ...check.problems] };
}

function problemsOfForm(signature: string): Problem[] {
  const problems: Problem[] = [];
  const plain = signature.replace(/=+$/, "");
  if (plain !== signature) {
    problems.push({ code: "padding", message: "Its signature is padded with =, which the app refuses. Leave it out." });
  }
  if (/[-_]/.test(plain)) {
    problems.push({
      code: "alphabet",
      message: "Its signature has - or _ where base64 has + and /. Send it as it was set.",
    });
  }
  if (plain.length < SIGNATURE) {
    const message = `Its signature has ${plain.length} of ${SIGNATURE} characters: the end is missing.`;
    problems.push({ code: "truncated", message });
  }
  if (plain.length > SIGNATURE) {
    problems.push({ code: "too-long", message: "Something is attached to its signature." });
  }
  return problems;
}
