// Pages that say one thing: that somebody may not come in, that something is not there, that a question is to be answered.
import { type Html, html } from "../html.ts";
import type { Page } from "../page.ts";
import type { Visitor } from "../visitor.ts";
import { layout } from "./layout.ts";
import { csrfField, hidden } from "./parts.ts";

export interface Message {
  readonly title: string;
  readonly text?: string;
  /** A piece of code that shows what to do. */
  readonly code?: string;
  /** A link to the first page. */
  readonly back?: boolean;
}

export function messagePage(page: Page, { title, text, code, back }: Message): Html {
  const body = html`<section class="card message">
<h1>${title}</h1>
${text ? html`<p>${text}</p>` : ""}
${code ? html`<pre tabindex="0"><code>${code}</code></pre>` : ""}
${back ? html`<p><a class="button" href="${page.base}/">${page.texts.problems.back}</a></p>` : ""}
</section>`;
  return layout(page, { title, body, isNarrow: true });
}

export interface Question {
  readonly visitor: Visitor;
  readonly question: string;
  readonly consequence: string;
  readonly confirm: string;
  /** Where the answer goes. */
  readonly action: string;
  /** What the answer brings along. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly cancel: string;
}

/** What the dialog asks where there is a script. */
export function questionPage(page: Page, given: Question): Html {
  const { visitor, question, consequence, confirm, action, fields, cancel } = given;
  const body = html`<section class="card message">
<h1>${question}</h1>
<p>${consequence}</p>
<form method="post" action="${action}">
${csrfField(visitor)}${hidden("confirmed", "yes")}${fields.map(([name, value]) => hidden(name, value))}
<div class="buttons"><a class="button" href="${cancel}">${page.texts.cancel}</a><button class="danger solid">${confirm}</button></div>
</form>
</section>`;
  return layout(page, { title: question, body, isNarrow: true });
}
