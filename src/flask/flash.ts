// Messages for the visitor's next page, as Flask's.
import type { SessionValue } from "../core/record/codec.ts";
import { currentContext } from "./context.ts";
import { session } from "./globals.ts";

/**
 * Leaves a message for the visitor's next page.
 *
 * @param category For its looks; default `"message"`.
 */
export function flash(message: SessionValue, category = "message"): void {
  session.flash(message, category);
}

export interface FlashedOptions {
  /** Gives `[category, message]` instead of the message. Default `false`. */
  readonly withCategories?: boolean | undefined;
  /** Only messages of these categories. Default: all. */
  readonly categoryFilter?: readonly string[] | undefined;
}

/**
 * The messages that were left before, the oldest first. They are taken out of the session; within one request every
 * call gives the same.
 */
export function getFlashedMessages(
  options: FlashedOptions & { readonly withCategories: true },
): [category: string, message: SessionValue][];
export function getFlashedMessages(
  options?: FlashedOptions & { readonly withCategories?: false | undefined },
): SessionValue[];
export function getFlashedMessages({ withCategories = false, categoryFilter = [] }: FlashedOptions = {}): unknown[] {
  const context = currentContext("getFlashedMessages()");
  context.flashes ??= session.takeFlashes();
  return context.flashes
    .filter(({ category }) => categoryFilter.length === 0 || categoryFilter.includes(category))
    .map(({ category, message }) => (withCategories ? [category, message] : message));
}
