// The console's first page: how many sessions are live, a search, and the sessions of one page.

import type { SessionInfo } from "../../core/admin/session-info.ts";
import type { SessionCount } from "../../core/record/store.ts";
import type { FoundSessions } from "../find-sessions.ts";
import { type Html, html } from "../html.ts";
import { formatListQuery, type ListQuery, type SearchBy, type SortBy } from "../list-query.ts";
import type { Page } from "../page.ts";
import type { Visitor } from "../visitor.ts";
import { layout } from "./layout.ts";
import {
  csrfField,
  cut,
  deviceLabel,
  endButton,
  foreign,
  hidden,
  keyPath,
  ownerPath,
  shortKey,
  timeAgo,
  whereabouts,
} from "./parts.ts";

/** What happened in the last hour. */
export interface Summary {
  readonly active: SessionCount | undefined;
  readonly logins: number;
  readonly ended: number;
  readonly refused: number;
  readonly store: string;
  readonly isAvailable: boolean;
}

export interface ListView {
  readonly visitor: Visitor;
  readonly query: ListQuery;
  readonly found: FoundSessions;
  readonly browseOrder: "recent" | "any";
  readonly summary: Summary;
  /** How many sessions the request before this one has ended. */
  readonly ended: number | undefined;
}

export function listPage(page: Page, view: ListView): Html {
  const { texts } = page;
  const { query, visitor } = view;
  const isOwner = query.by === "owner" && query.text !== "";
  const title = isOwner ? texts.list.ofOwner(cut(query.text)) : texts.list.title;
  const body = html`<div class="heading"><h1>${title}</h1>${isOwner ? ownerActions(page, view) : ""}</div>
${view.ended === undefined ? "" : html`<p class="done" role="status">${texts.list.ended(view.ended, page.formats.number(view.ended))}</p>`}
${isOwner ? "" : summary(page, view.summary)}
${searchForm(page, query)}
${results(page, view)}`;
  return layout(page, { title, body, navigation: { current: "sessions", visitor } });
}

function summary(
  { texts, formats, base }: Page,
  { active, logins, ended, refused, store, isAvailable }: Summary,
): Html {
  const { list, health } = texts;
  const tile = (name: string, value: string | Html): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  const live = active && `${active.isEstimate ? `${list.estimate} ` : ""}${formats.number(active.sessions)}`;
  const state = isAvailable ? health.available : health.unavailable;
  return html`<dl class="tiles">
${tile(list.active, live ?? "–")}
${tile(list.loginsHour, formats.number(logins))}
${tile(list.endedHour, formats.number(ended))}
${tile(list.refusedHour, formats.number(refused))}
${tile(list.store, html`<a href="${base}/activity#health">${store}</a> <span class="${isAvailable ? "good" : "bad"}">${state}</span>`)}
</dl>`;
}

function searchForm({ base, texts }: Page, { by, text }: ListQuery): Html {
  const { list } = texts;
  const option = (value: SearchBy): Html =>
    html`<option value="${value}" data-hint="${list.hints[value]}"${value === by ? html` selected` : ""}>${list.by[value]}</option>`;
  return html`<form class="search" role="search" action="${base}/">
<div><label for="by">${list.searchIn}</label>
<select id="by" name="by">${option("owner")}${option("key")}${option("device")}</select></div>
<div class="wide"><label for="q">${list.searchFor}</label>
<input id="q" name="q" type="search" value="${text}" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="hint"></div>
<button class="solid">${list.search}</button>
${text === "" ? "" : html`<a class="button" href="${base}/">${list.clear}</a>`}
<p id="hint" class="quiet">${list.hints[by]}</p>
</form>`;
}

/** Everything of one owner at once. */
function ownerActions({ base, texts }: Page, { query, visitor, found }: ListView): Html {
  if (found.sessions.length === 0) return html``;
  const { end } = texts;
  const name = cut(query.text);
  const mine = { text: end.allButMine, question: end.askAllButMine, name: "except", value: "mine" };
  return html`<form class="buttons" method="post" action="${base}/end-all">
${csrfField(visitor)}${hidden("owner", query.text)}
${visitor.owner === query.text ? endButton(mine) : ""}
${endButton({ text: end.all(name), question: end.askAll(name) })}
</form>`;
}

function results(page: Page, view: ListView): Html {
  const { list } = page.texts;
  const { found, query } = view;
  if (found.cannotList) return html`<p class="empty">${list.cannotList[found.cannotList]}</p>`;
  const looked =
    found.lookedThrough === undefined
      ? ""
      : html`<p>${list.lookedThrough(page.formats.number(found.lookedThrough), page.formats.number(found.sessions.length))}</p>`;
  if (found.sessions.length === 0) {
    const nothing = found.next !== undefined ? list.nothingYet : query.text === "" ? list.empty : list.emptySearch;
    return html`${looked || html`<p class="empty">${nothing}</p>`}${pages(page, view)}`;
  }
  return html`${looked}
<form class="sessions" method="post" action="${page.base}/end${formatListQuery(query)}">
${csrfField(view.visitor)}
<div class="above"><p class="quiet">${shown(page, view)}</p>
${endButton({ text: page.texts.end.selected, question: page.texts.end.askSelected("{n}") })}</div>
${table(page, view)}
</form>
${pages(page, view)}`;
}

function shown({ texts, formats }: Page, { found, query, browseOrder }: ListView): string {
  const { list } = texts;
  const total = found.total === undefined ? undefined : formats.number(found.total);
  const isOwner = query.by === "owner" && query.text !== "";
  const order = query.sort !== undefined ? "sorted" : isOwner ? "owner" : query.text === "" ? browseOrder : "any";
  return `${list.shown(formats.number(found.sessions.length), total)} ${list.order[order]}`;
}

/** Roles are said once more, since the style makes cards of rows on a phone, and some browsers then forget them. */
function table(page: Page, { found, query, visitor }: ListView): Html {
  const { list } = page.texts;
  const sessions = sorted(found.sessions, query);
  return html`<table role="table">
<caption class="unseen">${list.caption}</caption>
<thead role="rowgroup"><tr role="row">
<td role="cell" class="select"><label class="scripted"><input type="checkbox" data-select-all><span class="unseen">${list.selectAll}</span></label></td>
${sortable(page, query, "owner")}
<th role="columnheader" scope="col">${list.columns.device}</th>
${sortable(page, query, "active")}${sortable(page, query, "began")}${sortable(page, query, "ends")}
<th role="columnheader" scope="col">${list.columns.key}</th>
<th role="columnheader" scope="col"><span class="unseen">${list.columns.actions}</span></th>
</tr></thead>
<tbody role="rowgroup">
${sessions.map((session) => row(page, session, visitor))}
</tbody>
</table>`;
}

function sortable({ base, texts }: Page, query: ListQuery, by: SortBy): Html {
  const name = texts.list.columns[by];
  const isSorted = query.sort === by;
  // Times begin with the latest, names with the first.
  const isDescending = isSorted ? !query.isDescending : by !== "owner";
  const path = `${base}/${formatListQuery({ ...query, sort: by, isDescending })}`;
  const order = query.isDescending ? "descending" : "ascending";
  return html`<th role="columnheader" scope="col"${isSorted ? html` aria-sort="${order}"` : ""}><a href="${path}" title="${texts.list.sortBy(name)}">${name}</a></th>`;
}

function row(page: Page, session: SessionInfo, visitor: Visitor): Html {
  const { columns, selectOne, you } = page.texts.list;
  const { key, owner, device, lastActiveAt, createdAt, expiresAt } = session;
  const short = shortKey(key);
  const isOwn = key === visitor.key;
  return html`<tr role="row"${isOwn ? html` class="own"` : ""}>
<td role="cell" class="select"><label><input type="checkbox" name="key" value="${key}"><span class="unseen">${selectOne(short)}</span></label></td>
<td role="cell" data-column="${columns.owner}" class="owner">${owner === undefined ? html`<span class="quiet">${page.texts.nobody}</span>` : html`<a href="${ownerPath(page, owner)}">${foreign(owner)}</a>`}${isOwn ? html` <span class="badge">${you}</span>` : ""}</td>
<td role="cell" data-column="${columns.device}">${device ? html`${foreign(deviceLabel(page, device))} ${whereabouts(device)}` : html`<span class="quiet">${page.texts.unknown}</span>`}</td>
<td role="cell" data-column="${columns.active}">${timeAgo(page, lastActiveAt)}</td>
<td role="cell" data-column="${columns.began}">${timeAgo(page, createdAt)}</td>
<td role="cell" data-column="${columns.ends}">${timeAgo(page, expiresAt)}</td>
<td role="cell" data-column="${columns.key}"><a class="key" href="${keyPath(page, key)}">${short}</a></td>
<td role="cell" class="actions">${endButton(endOne(page, session))}</td>
</tr>`;
}

function endOne({ texts }: Page, { key, owner }: SessionInfo): Parameters<typeof endButton>[0] {
  const question = texts.end.askOne(owner === undefined ? undefined : cut(owner));
  return {
    text: texts.end.one,
    label: texts.end.oneLabel(shortKey(key)),
    question,
    name: "only",
    value: key,
    isQuiet: true,
  };
}

function pages({ base, texts }: Page, { query, found }: ListView): Html {
  const { list } = texts;
  if (query.after === undefined && found.next === undefined) return html``;
  const first =
    query.after === undefined
      ? ""
      : html`<a class="button" href="${base}/${formatListQuery({ ...query, after: undefined })}">${list.first}</a>`;
  const label = found.lookedThrough === undefined && found.sessions.length > 0 ? list.next : list.lookOn;
  const next =
    found.next === undefined
      ? ""
      : html`<a class="button" rel="next" href="${base}/${formatListQuery({ ...query, after: found.next })}">${label}</a>`;
  return html`<nav class="pages buttons" aria-label="${list.pages}">${first}${next}</nav>`;
}

const VALUES: Readonly<Record<SortBy, (session: SessionInfo) => number | string>> = {
  active: ({ lastActiveAt }) => lastActiveAt.getTime(),
  began: ({ createdAt }) => createdAt.getTime(),
  ends: ({ expiresAt }) => expiresAt.getTime(),
  owner: ({ owner = "" }) => owner,
};

function sorted(
  sessions: readonly SessionInfo[],
  { sort = "active", isDescending, sort: asked }: ListQuery,
): SessionInfo[] {
  const value = VALUES[sort];
  const sign = asked === undefined || isDescending ? -1 : 1;
  return [...sessions].sort((a, b) => {
    const [one, other] = [value(a), value(b)];
    return one === other ? 0 : sign * (one < other ? -1 : 1);
  });
}
