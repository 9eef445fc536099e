// The console's page of one session: when, from where, and what it holds; values only where the option says so.

import { inspect } from "node:util";
import type { SessionDetails } from "../../core/admin/session-info.ts";
import { type Html, html } from "../html.ts";
import type { Page } from "../page.ts";
import type { Visitor } from "../visitor.ts";
import { layout } from "./layout.ts";
import { csrfField, cut, deviceLabel, endButton, foreign, fullTime, hidden, ownerPath, shortKey } from "./parts.ts";

export interface SessionView {
  readonly visitor: Visitor;
  readonly key: string;
  /** `"broken"` where its record can't be read. */
  readonly session: SessionDetails<unknown> | "broken" | undefined;
  readonly showValues: boolean;
}

/** How much of a value is shown. */
const SHOWN_VALUE = { depth: 8, maxArrayLength: 200, maxStringLength: 10_000, breakLength: 80, sorted: false };

export function sessionPage(page: Page, view: SessionView): Html {
  const { texts, base } = page;
  const { session, visitor, key } = view;
  const title = `${texts.session.title} ${shortKey(key)}`;
  const body = html`<p class="crumb"><a href="${base}/">${texts.session.back}</a></p>
<h1>${texts.session.title} <span class="key">${shortKey(key)}</span>${session && key === visitor.key ? html` <span class="badge">${texts.list.you}</span>` : ""}</h1>
${session === undefined ? html`<p class="empty">${texts.session.missing}</p>` : session === "broken" ? broken(page, view) : details(page, view, session)}`;
  return layout(page, { title, body, navigation: { current: undefined, visitor } });
}

function broken(page: Page, { visitor, key }: SessionView): Html {
  return html`<p class="empty">${page.texts.session.broken}</p>${endForm(page, visitor, key, undefined)}`;
}

function details(page: Page, view: SessionView, session: SessionDetails<unknown>): Html {
  const { texts } = page;
  const { owner } = session;
  return html`<div class="two">
<section class="card">
<dl class="facts">${facts(page, session)}</dl>
${endForm(page, view.visitor, session.key, owner)}
${owner === undefined ? "" : html`<p><a href="${ownerPath(page, owner)}">${texts.session.allOf(cut(owner))}</a></p>`}
</section>
<section class="card">
<h2>${texts.session.data}</h2>
${session.fields.length === 0 ? html`<p class="empty">${texts.session.noData}</p>` : fields(page, session, view.showValues)}
${view.showValues ? "" : html`<p class="quiet">${texts.session.valuesHidden}</p>`}
</section>
</div>`;
}

function facts(
  page: Page,
  { key, owner, createdAt, lastActiveAt, expiresAt, device }: SessionDetails<unknown>,
): Html[] {
  const { session, nobody } = page.texts;
  const fact = (name: string, value: string | Html | undefined): Html =>
    value === undefined ? html`` : html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  const text = (value: string | undefined): Html | undefined => (value === undefined ? undefined : foreign(value));
  return [
    fact(session.owner, owner === undefined ? nobody : foreign(owner)),
    fact(session.active, fullTime(page, lastActiveAt)),
    fact(session.began, fullTime(page, createdAt)),
    fact(session.ends, fullTime(page, expiresAt)),
    fact(session.device, device && foreign(deviceLabel(page, device))),
    fact(session.address, text(device?.address)),
    fact(session.place, text(device?.place)),
    fact(
      session.userAgent,
      device?.userAgent === undefined ? undefined : html`<span class="quiet">${foreign(device.userAgent)}</span>`,
    ),
    fact(session.key, html`<code class="key">${key}</code>`),
  ];
}

function endForm({ base, texts }: Page, visitor: Visitor, key: string, owner: string | undefined): Html {
  const question = texts.end.askOne(owner === undefined ? undefined : cut(owner));
  return html`<form class="buttons" method="post" action="${base}/end">
${csrfField(visitor)}${hidden("only", key)}${endButton({ text: texts.end.one, label: texts.end.oneLabel(shortKey(key)), question })}
</form>`;
}

function fields({ texts, formats }: Page, { fields: all, data }: SessionDetails<unknown>, showValues: boolean): Html {
  const { name, size, value } = texts.session;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${texts.session.data}"><table class="plain">
<thead><tr><th scope="col">${name}</th><th scope="col" class="number">${size}</th>${showValues ? html`<th scope="col">${value}</th>` : ""}</tr></thead>
<tbody>${all.map(
    (field) =>
      html`<tr><th scope="row">${foreign(field.name)}</th><td class="number">${formats.bytes(field.bytes)}</td>${
        showValues ? html`<td><pre>${inspect(Reflect.get(data, field.name), SHOWN_VALUE)}</pre></td>` : ""
      }</tr>`,
  )}</tbody>
</table></div>`;
}
