// A cookie of the shape and length of coatcheck's, for servers without sessions: they get requests of the same size.
import { randomBytes } from "node:crypto";

export function bareCookie(): string {
  const half = (): string => randomBytes(32).toString("base64url");
  return `session=${half()}.${half()}; Path=/; HttpOnly; SameSite=Lax`;
}
