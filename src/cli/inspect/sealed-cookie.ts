// The cookie of `cookieStore()`: the session itself, encrypted, as base64url without a dot.

import { infoOf } from "../../core/admin/session-info.ts";
import { keyOfId } from "../../core/request/session-id.ts";
import { keysFor } from "../../core/secrets.ts";
import { createSealer, type Opened } from "../../stores/cookie/sealing.ts";
import { sessionJson } from "../command.ts";
import { encodedTooOften, type Restored } from "./cookie-text.ts";
import { checkNamedSignature } from "./named-signature.ts";
import type { Evidence, Finding, Problem } from "./report.ts";

/** Nonce, ID, tag and an empty record take more than this. */
const SHORTEST = 120;

export function looksSealed(text: string): boolean {
  return text.length >= SHORTEST && /^[\w-]+=*$/.test(text);
}

export function inspectSealed({ text, encodings, problems }: Restored, evidence: Evidence): Finding {
  let opened: Opened | undefined;
  const check = checkNamedSignature(evidence, (keys, name) => {
    const found = createSealer(name, keysFor("seal", keys)).open(text);
    if (typeof found === "object") opened = found;
    return typeof found === "object";
  });
  const padding = { code: "padding", message: "It is padded with =, which the app refuses. Leave the = out." };
  const found = [...problems, ...encodedTooOften(encodings, 0), ...(text.endsWith("=") ? [padding] : [])];
  const base = { kind: "coatcheck-sealed", signature: check.signature } as const;
  const all = [...found, ...check.problems];
  if (!opened) return { ...base, key: null, problems: all };
  const { record } = opened;
  const key = keyOfId(opened.id);
  const limits = { clock: () => evidence.now, idle: 0, absolute: Number.POSITIVE_INFINITY };
  const session = sessionJson(infoOf({ limits, encryption: undefined }, { key, record }));
  return { ...base, key, session, problems: [...all, ...problemsOfTime(record.expiresAt, evidence.now)] };
}

function problemsOfTime(expiresAt: number, now: number): Problem[] {
  if (expiresAt > now) return [];
  return [{ code: "expired", message: "It has expired: nobody has used it for as long as the app allows." }];
}
