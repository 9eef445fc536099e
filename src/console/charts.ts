// Which charts there are, and what each is made of: the numbers, ready to be drawn or to stand in a table.
// It knows no library that draws.
import type { Page } from "./page.ts";
import type { Texts } from "./texts/texts.ts";
import { type Bucket, sumBuckets } from "./time-buckets.ts";

export const CHARTS = ["active", "logins", "endings", "refusals", "latency", "traffic"] as const;
export type ChartName = (typeof CHARTS)[number];
type SeriesName = keyof Texts["charts"]["series"];

interface ChartKind {
  readonly series: readonly SeriesName[];
  /** Bars count what happened within each stretch of time; lines tell a state. */
  readonly shape: "bars" | "line";
}

const KINDS: Readonly<Record<ChartName, ChartKind>> = {
  active: { series: ["active"], shape: "line" },
  logins: { series: ["logins"], shape: "bars" },
  endings: { series: ["revoked", "loggedOut"], shape: "bars" },
  refusals: { series: ["malformed", "signature", "unknown"], shape: "bars" },
  latency: { series: ["median", "p95", "longest"], shape: "line" },
  traffic: { series: ["reads", "writes", "touches"], shape: "line" },
};

/** How many rows a table has at most. */
const TABLE_ROWS = 12;
/** How many points a chart has at least, so that a bar of the first minutes is no needle. */
const MIN_POINTS = 20;

export interface Series {
  readonly name: string;
  readonly values: readonly (number | undefined)[];
}

export interface Chart {
  readonly name: ChartName;
  readonly title: string;
  readonly about: string;
  readonly shape: "bars" | "line";
  /** The beginning of each point, in ms since 1970. */
  readonly starts: readonly number[];
  readonly series: readonly Series[];
  /** The chart in a few words. */
  readonly summary: string;
}

export function isChartName(name: string): name is ChartName {
  return (CHARTS as readonly string[]).includes(name);
}

/** What there is to show: from the beginning of the recording, or a little before. */
export function recordedPart(buckets: readonly Bucket[]): readonly Bucket[] {
  const first = buckets.findIndex(({ isRecorded }) => isRecorded);
  return buckets.slice(Math.max(0, Math.min(first, buckets.length - MIN_POINTS)));
}

export function chartOf(page: Page, name: ChartName, buckets: readonly Bucket[]): Chart {
  const { charts } = page.texts;
  const { series, shape } = KINDS[name];
  return {
    name,
    title: charts.names[name],
    about: charts.about[name],
    shape,
    starts: buckets.map(({ start }) => start),
    series: series.map((part) => ({
      name: charts.series[part],
      values: buckets.map((bucket) => valueOf(part, bucket)),
    })),
    summary: summaryOf(page, name, buckets),
  };
}

/** The same in fewer points, for a table; the newest first. */
export function tableOf(page: Page, name: ChartName, buckets: readonly Bucket[]): Chart {
  const size = Math.max(1, Math.ceil(buckets.length / TABLE_ROWS));
  const rows: Bucket[] = [];
  // Counted from the end, so that the newest row is as long as the others.
  for (let end = buckets.length; end > 0; end -= size) {
    const [first, ...others] = buckets.slice(Math.max(0, end - size), end);
    if (first) rows.push(sumBuckets([first, ...others]));
  }
  const recorded = rows.filter(({ isRecorded }) => isRecorded);
  return chartOf(page, name, recorded);
}

function valueOf(name: SeriesName, { counts, active, latency, isRecorded }: Bucket): number | undefined {
  if (!isRecorded) return undefined;
  if (name === "active") return active;
  if (name === "median" || name === "p95" || name === "longest") return latency?.[name];
  return counts[name];
}

function summaryOf({ texts, formats }: Page, name: ChartName, buckets: readonly Bucket[]): string {
  const { charts } = texts;
  const { series } = KINDS[name];
  if (name === "active") {
    const last = buckets.findLast(({ active }) => active !== undefined)?.active;
    return last === undefined ? charts.nothing : charts.last(formats.number(last));
  }
  if (name === "latency") {
    const longest = buckets.flatMap(({ latency }) => latency?.longest ?? []);
    return longest.length === 0 ? charts.nothing : charts.most(formats.decimal(Math.max(...longest)));
  }
  const sums = series.map((part) => {
    const sum = buckets.reduce((total, bucket) => total + (valueOf(part, bucket) ?? 0), 0);
    return series.length === 1 ? formats.number(sum) : `${charts.series[part]} ${formats.number(sum)}`;
  });
  return charts.sum(sums.join(", "));
}
