// Many sessions for the console's tests: owners, devices, places and data, put into a store at once.
import { randomBytes } from "node:crypto";
import { encodeValue } from "../../src/core/codec.ts";
import type { SessionRecord, SessionStore } from "../../src/core/store.ts";

const DEVICES = [
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "192.0.2.14",
    "Berlin, DE",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    "198.51.100.7",
    "上海",
  ],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", "2001:db8::42", "Lyon, FR"],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    "203.0.113.90",
    "Austin, US",
  ],
  [
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
    "192.0.2.201",
    "São Paulo, BR",
  ],
  ["backup-agent/2.4", "10.0.0.5", undefined],
] as const;

const NAMES = ["ada", "grace", "linus", "margaret", "王芳", "alan", "barbara", "edsger", "李雷", "katherine"];

const MINUTE = 60_000;
const IDLE = 24 * 60 * MINUTE;

/** The owner of session number `i`; every ninth visitor has not logged in. */
function ownerOf(i: number): string | undefined {
  if (i % 9 === 8) return undefined;
  const name = NAMES[i % NAMES.length] ?? "";
  return i < 200 ? name : `${name}-${Math.floor(i / 20)}`;
}

export function sessionRecord(i: number, now: number): SessionRecord {
  const [userAgent, address, place] = DEVICES[i % DEVICES.length] ?? DEVICES[0];
  const owner = ownerOf(i);
  const usedAt = now - ((i * 7919) % (12 * 60)) * MINUTE;
  const fields = new Map([["cart", encodeValue([`book ${i}`, "pen"], "cart")]]);
  if (owner !== undefined) {
    fields.set("username", encodeValue(owner, "username"));
    fields.set("$device", encodeValue({ userAgent, address, ...(place === undefined ? {} : { place }) }, "device"));
  }
  return { fields, createdAt: usedAt - (i % 500) * MINUTE, expiresAt: usedAt + IDLE, owner, version: 1 };
}

/** Puts sessions number 0 up to `count` into a store that answers at once. */
export function fillStore(store: SessionStore, count: number, now: number = Date.now()): void {
  const random = randomBytes(count * 32);
  for (let i = 0; i < count; i++) {
    store.create(random.subarray(i * 32, i * 32 + 32).toString("base64url"), sessionRecord(i, now));
  }
}
