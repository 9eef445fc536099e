// Finds the session ID in a request's cookies.
import { findCookieValues } from "../core/request/session-cookie.ts";
import type { OpenRequest } from "./request.ts";
import type { Signer } from "./signature.ts";

/** @returns The ID that one of the secrets has signed; `undefined` where there is none. */
export function findSessionId(req: OpenRequest, name: string, signer: Signer): string | undefined {
  const header = req.headers.cookie;
  if (header !== undefined) {
    for (const value of findCookieValues(header, `${name}=`)) {
      const id = signer.unsign(decode(value));
      if (id) return id;
    }
  }
  return findParsed(req, name, signer);
}

/** What cookie-parser has found, where something else than the header brought it. */
function findParsed(req: OpenRequest, name: string, signer: Signer): string | undefined {
  const signed = req.signedCookies?.[name];
  if (typeof signed === "string" && signed !== "") return signed;
  const plain = req.cookies?.[name];
  return typeof plain === "string" ? signer.unsign(plain) : undefined;
}

function decode(value: string): string {
  const text = value.startsWith('"') ? value.slice(1, -1) : value;
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
