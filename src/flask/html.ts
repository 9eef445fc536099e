// Text that is safe to stand in a page, and the two ways to make it. Hono's `html` does the escaping.
import { html as honoHtml } from "hono/html";
import { shareClass } from "../core/util/process-wide.ts";

/**
 * Text that is HTML already: `escape` and `html` leave it as it is. Joining it to a string by `+` gives a plain string.
 * Wrap only text that holds nothing of a visitor's.
 */
export class Markup extends String {
  /** By this mark Hono's `html` and JSX know it too. */
  readonly isEscaped = true;
}

shareClass(Markup, "flask.Markup");

/**
 * Makes a value safe to stand between tags or inside a quoted attribute: `&`, `<`, `>`, `"` and `'` become entities.
 *
 * @param value Anything; `null` and `undefined` give an empty text, markup stays as it is.
 * @example
 * return "Logged in as " + escape(session.username);
 */
export function escapeHtml(value: unknown): Markup {
  if (value instanceof Markup) return value;
  const isMarkup = typeof value === "object" && value !== null && Reflect.get(value, "isEscaped") === true;
  return new Markup(isMarkup ? String(value) : escapeText(String(value ?? "")));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};

/** With the entities that markupsafe writes. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/**
 * HTML whose inserted values are escaped, unless they are markup. A list is joined; `null`, `undefined`, `true` and
 * `false` give nothing.
 *
 * @throws TypeError when a value is a promise: await it first.
 * @example
 * return html`<p>Logged in as ${session.username}</p>`;
 */
export function html(strings: TemplateStringsArray, ...values: unknown[]): Markup {
  const result = honoHtml(strings, ...values);
  if (result instanceof Promise) throw new TypeError("html`` got a promise. Await the value before you insert it.");
  return new Markup(result.toString());
}

// Flask's name. A function of this name hides JavaScript's old `escape`, so here it has a longer one.
export { escapeHtml as escape };
