// From where an owner logged in: what a user's own list of sessions shows, and what an operator looks for.

/** What the request of a login says of its sender, as far as the app wants it kept. */
export interface LoginDevice {
  /** The User-Agent header; its first 512 characters are kept. */
  readonly userAgent?: string | null | undefined;
  /** The address of the visitor, as the framework's trusted-proxy setting gives it. */
  readonly address?: string | null | undefined;
  /** Where that is, for people to read: `"Berlin, DE"`. */
  readonly place?: string | null | undefined;
}

/** A {@link LoginDevice} as it is kept. */
export interface KnownDevice {
  readonly userAgent?: string;
  readonly address?: string;
  readonly place?: string;
}

const NAMES = ["userAgent", "address", "place"] as const;

/** Visitors choose these texts, so they are kept short. */
const MAX_LENGTH = 512;

/** What is kept of a device; `undefined` when nothing is known. */
export function knownDevice(device: unknown): KnownDevice | undefined {
  if (typeof device !== "object" || device === null) return undefined;
  const known: { [Name in (typeof NAMES)[number]]?: string } = {};
  for (const name of NAMES) {
    const text: unknown = Reflect.get(device, name);
    if (typeof text === "string" && text !== "") known[name] = text.slice(0, MAX_LENGTH).toWellFormed();
  }
  return Object.keys(known).length > 0 ? known : undefined;
}
