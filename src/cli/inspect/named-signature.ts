// Cookies of ours are bound to their name: finds the secret, and the name under which it has signed or sealed a text.
import { SecretError } from "../../core/errors.ts";
import { deriveKeys, type SecretKeys } from "../../core/secrets.ts";
import { type Evidence, type Finding, findSigner, type Problem, signatureOf } from "./report.ts";

/** The names that apps are likely to use, tried where the right one is not known or does not fit. */
const COMMON_NAMES = [
  "session",
  "__Host-Http-session",
  "__Host-session",
  "__Secure-session",
  "sid",
  "__Host-sid",
  "connect.sid",
];

/** The keys of one secret. */
type Keys = readonly [SecretKeys, ...SecretKeys[]];

/** @param isBy Whether one secret has signed the text for a name. */
export function checkNamedSignature(
  evidence: Evidence,
  isBy: (keys: Keys, name: string) => boolean,
): Pick<Finding, "signature" | "problems"> {
  const { secrets, name, variable } = evidence;
  const problems = secrets.flatMap((secret, i) => weaknessOf(secret, `Secret ${i + 1} in ${variable}`));
  for (const candidate of new Set([...(name === undefined ? [] : [name]), ...COMMON_NAMES])) {
    const signer = findSigner(evidence, (secret) => {
      const keys = keysOf(secret);
      return keys !== undefined && isBy(keys, candidate);
    });
    if (signer === undefined) continue;
    const check = signatureOf(evidence, signer, candidate);
    return { ...check, problems: [...problems, ...check.problems, ...wrongName(name, candidate)] };
  }
  const check = signatureOf(evidence, undefined);
  return { ...check, problems: [...problems, ...check.problems] };
}

function wrongName(name: string | undefined, signed: string): Problem[] {
  if (name === undefined || name === signed) return [];
  const message = `It was made for the name ${signed} and came as ${name}: set cookie.name alike everywhere.`;
  return [{ code: "wrong-name", message }];
}

/** `undefined` for a secret that the app would refuse. */
function keysOf(secret: string): Keys | undefined {
  try {
    return deriveKeys(secret);
  } catch (error) {
    if (error instanceof SecretError) return undefined;
    throw error;
  }
}

function weaknessOf(secret: string, which: string): Problem[] {
  if (keysOf(secret)) return [];
  const message = `${which} is one that the app refuses: missing, short, repetitive or published.`;
  return [{ code: "weak-secret", message }];
}
