// Signed IDs that a signer has made, for targets that hold it to take these and nothing else. Always the same ones, so
// that a case can be run again in another process.
import { createHash } from "node:crypto";
import { createIdSigner, generateId, keyOfId, type RandomBytes } from "../../../src/core/request/session-id.ts";
import { deriveKeys } from "../../../src/core/secrets.ts";

/** The newest first. They sign nothing but the cases of fuzz targets. */
export const SECRETS = [
  "Vb3n8QxT0sYp5Lk2WfHr9ZcGm4JdUeXa",
  "t7RqN1oKiB6vSyDw0ChPzE3xMl8AuFgO",
  "Jw5eYt2GkXq9oVnZ8bHsLr4cPfDiMu1A",
] as const;
/** No signer of the targets has it. */
export const FOREIGN_SECRET = "P9xKcVb2LmQeRw7TzYn4HsGd6JfUa1Xo";

export interface IssuedId {
  readonly text: string;
  readonly id: string;
  readonly key: string;
  readonly isNewest: boolean;
}

/** Bytes that a text stands for: what `randomBytes` gives, for tests that need the same IDs again. */
function seededBytes(label: string): RandomBytes {
  let count = 0;
  return (size) => createHash("sha256").update(`${label} ${count++}`).digest().subarray(0, size);
}

/** IDs, each signed by each secret. */
export function issueIds(cookieName: string, count: number): IssuedId[] {
  const bytes = seededBytes(`issued ${cookieName}`);
  const ids = Array.from({ length: count }, () => generateId(bytes));
  return ids.flatMap((id) =>
    SECRETS.map((secret, place) => {
      const text = createIdSigner(cookieName, deriveKeys(secret)).sign(id);
      return { text, id, key: keyOfId(id), isNewest: place === 0 };
    }),
  );
}

/** Texts that look signed and are not ours: by another secret, or for a cookie of another name. */
export function foreignTexts(cookieName: string): string[] {
  const id = generateId(seededBytes("foreign"));
  return [
    createIdSigner(cookieName, deriveKeys(FOREIGN_SECRET)).sign(id),
    createIdSigner(`${cookieName}2`, deriveKeys(SECRETS[0])).sign(id),
    `${id}.${id}`,
  ];
}
