// What several views have in common: texts of visitors set apart from ours, times, devices, hidden fields.

import type { KnownDevice } from "../../core/admin/device.ts";
import { deviceName } from "../device-names.ts";
import { type Html, html } from "../html.ts";
import { formatListQuery, ownerQuery } from "../list-query.ts";
import type { Page } from "../page.ts";
import type { Visitor } from "../visitor.ts";

/** How much of a text that visitors choose a page shows. */
const SHOWN_LENGTH = 200;
/** How much of a key a list shows. */
const SHORT_KEY = 8;

/** A moment, as distance from now; its exact time is in the tooltip and for programs. */
export function timeAgo({ formats, now }: Page, date: Date): Html {
  return html`<time datetime="${date.toISOString()}" title="${formats.absolute(date)}">${formats.relative(date, now)}</time>`;
}

/** A moment both ways. The script says the exact time in the visitor's own zone. */
export function fullTime({ formats, now }: Page, date: Date): Html {
  return html`<time datetime="${date.toISOString()}" data-local>${formats.absolute(date)}</time> <span class="quiet">${formats.relative(date, now)}</span>`;
}

export function cut(text: string): string {
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH).toWellFormed()}…` : text;
}

/** Text of a visitor: in a direction of its own, so that it can't turn ours around. */
export function foreign(text: string): Html {
  return html`<bdi>${cut(text)}</bdi>`;
}

export function shortKey(key: string): string {
  return key.slice(0, SHORT_KEY);
}

export function keyPath({ base }: Page, key: string): string {
  return `${base}/key/${encodeURIComponent(key)}`;
}

export function ownerPath({ base }: Page, owner: string): string {
  return `${base}/${formatListQuery(ownerQuery(owner))}`;
}

export function deviceLabel({ texts }: Page, device: KnownDevice | undefined): string {
  const { browser, system } = deviceName(device?.userAgent);
  if (browser === undefined && system === undefined && device?.userAgent) return device.userAgent.slice(0, 60);
  return texts.devices.device(browser, system);
}

/** Address and place, or nothing. */
export function whereabouts(device: KnownDevice | undefined): Html | undefined {
  const parts = [device?.place, device?.address].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : html`<span class="quiet">${foreign(parts.join(" · "))}</span>`;
}

export function hidden(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}">`;
}

export function csrfField(visitor: Visitor): Html {
  return hidden("_csrf", visitor.csrfToken);
}

export interface Button {
  readonly text: string;
  /** What a screen reader says instead. */
  readonly label?: string;
  /** What is asked before. */
  readonly question: string;
  readonly name?: string;
  readonly value?: string;
  readonly isQuiet?: boolean;
}

/** A button that ends something: the script asks first, and without one a page does. */
export function endButton({ text, label, question, name, value, isQuiet }: Button): Html {
  return html`<button class="${isQuiet ? "danger quiet-button" : "danger"}" data-question="${question}"${label ? html` aria-label="${label}"` : ""}${name ? html` name="${name}" value="${value ?? ""}"` : ""}>${text}</button>`;
}
