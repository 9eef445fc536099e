// HTML as text, with every inserted value escaped.

/** Text that is HTML already. Only {@link html} makes it. */
export interface Html {
  readonly escaped: string;
  toString(): string;
}

/** What can be inserted: texts and numbers are escaped, lists are joined, nothing is left out. */
export type HtmlValue = string | number | Html | false | null | undefined | readonly HtmlValue[];

class EscapedText implements Html {
  readonly escaped: string;

  constructor(escaped: string) {
    this.escaped = escaped;
  }

  toString(): string {
    return this.escaped;
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** @example html`<p title="${title}">${text}</p>` */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new EscapedText(strings.reduce((text, part, i) => text + escapeValue(values[i - 1]) + part));
}

function escapeValue(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) return "";
  if (value instanceof EscapedText) return value.escaped;
  if (Array.isArray(value)) return value.map(escapeValue).join("");
  return String(value).replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? "");
}
