// The console's page of charts, each with its numbers as a table, and of the store's health.

import { SIZES } from "../chart-svg.ts";
import type { Chart } from "../charts.ts";
import { type Html, html } from "../html.ts";
import type { Health, Range } from "../metrics.ts";
import type { Page } from "../page.ts";
import type { Visitor } from "../visitor.ts";
import { layout } from "./layout.ts";
import { fullTime } from "./parts.ts";

export interface ChartWithTable {
  readonly chart: Chart;
  readonly table: Chart;
}

export interface ActivityView {
  readonly visitor: Visitor;
  readonly range: Range;
  readonly startedAt: Date;
  readonly charts: readonly ChartWithTable[];
  /** Whether there is a library that draws. */
  readonly canDraw: boolean;
  readonly store: {
    readonly name: string;
    readonly order: "recent" | "any";
    readonly health: Health;
    /** Of the last calls, in ms; `undefined` where there were none. */
    readonly latency: number | undefined;
    readonly failures: number;
  };
}

export function activityPage(page: Page, view: ActivityView): Html {
  const { texts, formats } = page;
  const { charts } = texts;
  const body = html`<div class="heading"><h1>${charts.title}</h1>
${view.canDraw ? html`<button type="button" class="button scripted" data-live aria-pressed="true">${charts.live}</button>` : ""}</div>
<nav class="ranges" aria-label="${charts.range}"><ul>${rangeLink(page, view, "hour")}${rangeLink(page, view, "day")}</ul></nav>
<p class="quiet">${charts.scope(formats.absolute(view.startedAt))}</p>
${view.canDraw ? "" : html`<p class="notice">${charts.noLibrary}</p>`}
<div class="charts">${view.charts.map((chart) => figure(page, view, chart))}</div>
${healthSection(page, view)}`;
  return layout(page, { title: charts.title, body, navigation: { current: "activity", visitor: view.visitor } });
}

function rangeLink({ base, texts }: Page, { range }: ActivityView, to: Range): Html {
  const current = range === to ? html` aria-current="true"` : "";
  return html`<li><a href="${base}/activity?range=${to}"${current}>${texts.charts[to]}</a></li>`;
}

function figure(page: Page, { range, canDraw }: ActivityView, { chart, table }: ChartWithTable): Html {
  return html`<figure class="card">
<figcaption><h2>${chart.title}</h2><p class="quiet">${chart.about}</p>${canDraw ? legend(chart) : ""}</figcaption>
${canDraw ? html`${picture(page, range, chart)}<details><summary>${page.texts.charts.table}<span class="unseen">: ${chart.title}</span></summary>${numbers(page, table)}</details>` : html`<p>${chart.summary}</p>${numbers(page, table)}`}
</figure>`;
}

function legend({ series }: Chart): Html | string {
  if (series.length < 2) return "";
  return html`<ul class="legend">${series.map(({ name }, i) => html`<li class="series-${i + 1}">${name}</li>`)}</ul>`;
}

function picture({ base }: Page, range: Range, { name, title, summary }: Chart): Html {
  const address = (scheme: string, size: string): string =>
    `${base}/charts/${name}.svg?range=${range}&scheme=${scheme}&size=${size}`;
  const { width, height } = SIZES.wide;
  return html`<picture>
<source media="(max-width: 30rem) and (prefers-color-scheme: dark)" srcset="${address("dark", "small")}" width="${SIZES.small.width}" height="${SIZES.small.height}">
<source media="(max-width: 30rem)" srcset="${address("light", "small")}" width="${SIZES.small.width}" height="${SIZES.small.height}">
<source media="(prefers-color-scheme: dark)" srcset="${address("dark", "wide")}" width="${width}" height="${height}">
<img src="${address("light", "wide")}" width="${width}" height="${height}" alt="${title}: ${summary}">
</picture>`;
}

function numbers({ texts, formats }: Page, { title, starts, series }: Chart): Html {
  const text = (value: number | undefined): string => (value === undefined ? "–" : formats.decimal(value));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${title}"><table class="plain">
<thead><tr><th scope="col">${texts.charts.time}</th>${series.map(({ name }) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
<tbody>${starts.map((start, i) => html`<tr><th scope="row">${formats.clock(new Date(start))}</th>${series.map(({ values }) => html`<td class="number">${text(values[i])}</td>`)}</tr>`)}</tbody>
</table></div>`;
}

function healthSection(page: Page, { store }: ActivityView): Html {
  const { health: words } = page.texts;
  const { health, name, order, latency, failures } = store;
  const { number, decimal } = page.formats;
  const fact = (term: string, value: string | Html): Html => html`<div><dt>${term}</dt><dd>${value}</dd></div>`;
  const state = health.isAvailable ? words.available : words.unavailable;
  return html`<section class="card" id="health">
<h2>${words.title}</h2>
<dl class="facts">
${fact(words.store, name)}
${fact(words.state, html`<span class="${health.isAvailable ? "good" : "bad"}">${state}</span>`)}
${fact(words.since, fullTime(page, health.since))}
${fact(words.order, order === "recent" ? words.recent : words.any)}
${fact(words.latency, latency === undefined ? "–" : `${decimal(latency)} ms`)}
${fact(words.failures, number(failures))}
${fact(words.swept, number(health.swept))}
${fact(words.gone, number(health.gone))}
</dl>
<h3>${words.errors}</h3>
${health.errors.length === 0 ? html`<p class="quiet">${words.noErrors}</p>` : errorTable(page, health)}
</section>`;
}

function errorTable(page: Page, { errors }: Health): Html {
  const { time, operation, error } = page.texts.health;
  return html`<table class="plain">
<thead><tr><th scope="col">${time}</th><th scope="col">${operation}</th><th scope="col">${error}</th></tr></thead>
<tbody>${errors.map((noted) => html`<tr><td>${fullTime(page, noted.at)}</td><td>${noted.operation}</td><td><code>${noted.name}</code></td></tr>`)}</tbody>
</table>`;
}
