// Flashed messages: how they are named in a record, and how they are told from anything else.
import { randomBytes } from "node:crypto";
import { FLASH_PREFIX } from "./reserved-fields.ts";
import type { FlashMessage } from "./types.ts";

/** A field's name that sorts by time and that no parallel request will choose too. */
export function flashField(position: number): string {
  const time = Date.now().toString(36).padStart(9, "0");
  return `${FLASH_PREFIX}${time}-${String(position).padStart(6, "0")}-${randomBytes(4).toString("hex")}`;
}

export function isFlashMessage(value: unknown): value is FlashMessage {
  return (
    typeof value === "object" &&
    value !== null &&
    "message" in value &&
    typeof Reflect.get(value, "category") === "string"
  );
}
