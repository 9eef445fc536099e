// Draws a chart as an SVG image, by echarts: an optional peer, loaded when the first chart is asked for.
import type { EChartsType } from "echarts/core";
import type { Chart } from "./charts.ts";
import type { Formats } from "./language.ts";

export interface Drawing {
  readonly scheme: "light" | "dark";
  /** `"small"` for a phone: the texts stay as large as they are. */
  readonly size: "small" | "wide";
  readonly formats: Formats;
}

export type DrawChart = (chart: Chart, drawing: Drawing) => string;

/** In CSS pixels. */
export const SIZES: Readonly<Record<Drawing["size"], { readonly width: number; readonly height: number }>> = {
  small: { width: 330, height: 180 },
  wide: { width: 580, height: 190 },
};

/** On both grounds the colours stand out three to one (WCAG 1.4.11). The stylesheet's legend has the same. */
const COLORS = {
  light: { series: ["#2454c6", "#b4590a", "#2f7d5b"], text: "#4a5162", line: "#dfe2e9", axis: "#9aa1b0" },
  dark: { series: ["#8fb0ff", "#f0a25c", "#6fd0a4"], text: "#b3bac9", line: "#343946", axis: "#6d7588" },
} as const;

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans SC', sans-serif";

let loading: Promise<DrawChart | undefined> | undefined;

/** The function that draws; `undefined` where echarts is not installed. */
export function loadCharts(): Promise<DrawChart | undefined> {
  loading ??= load();
  return loading;
}

async function load(): Promise<DrawChart | undefined> {
  try {
    const [core, charts, components, renderers] = await Promise.all([
      import(/* webpackIgnore: true */ /* turbopackIgnore: true */ "echarts/core").catch(notFound),
      import(/* webpackIgnore: true */ /* turbopackIgnore: true */ "echarts/charts").catch(notFound),
      import(/* webpackIgnore: true */ /* turbopackIgnore: true */ "echarts/components").catch(notFound),
      import(/* webpackIgnore: true */ /* turbopackIgnore: true */ "echarts/renderers").catch(notFound),
    ]);
    core.use([charts.LineChart, charts.BarChart, components.GridComponent, renderers.SVGRenderer]);
    return (chart, drawing) =>
      draw(core.init(null, null, { renderer: "svg", ssr: true, ...SIZES[drawing.size] }), chart, drawing);
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/**
 * Passes the failure on. Bundlers fail where echarts is not installed, unless they see that it is expected: webpack and
 * Turbopack by the comments, esbuild by this `catch`.
 */
function notFound(error: unknown): never {
  throw error;
}

function draw(canvas: EChartsType, chart: Chart, drawing: Drawing): string {
  try {
    canvas.setOption(optionOf(chart, drawing));
    return canvas.renderToSVGString();
  } finally {
    canvas.dispose();
  }
}

function optionOf(chart: Chart, { scheme, size, formats }: Drawing): Parameters<EChartsType["setOption"]>[0] {
  const colors = COLORS[scheme];
  const label = { color: colors.text, fontSize: 12 };
  return {
    animation: false,
    color: [...colors.series],
    textStyle: { fontFamily: FONT, color: colors.text },
    grid: { top: 10, left: 4, right: 12, bottom: 0, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: {
      type: "category",
      data: chart.starts.map((start) => formats.clock(new Date(start))),
      boundaryGap: chart.shape === "bars",
      axisLine: { lineStyle: { color: colors.axis } },
      axisTick: { show: false },
      axisLabel: {
        ...label,
        hideOverlap: true,
        interval: Math.max(0, Math.ceil(chart.starts.length / (size === "wide" ? 6 : 4)) - 1),
      },
    },
    yAxis: {
      type: "value",
      min: 0,
      minInterval: chart.name === "latency" ? 0 : 1,
      splitNumber: 4,
      axisLabel: { ...label, formatter: (value: number) => formats.compact(value) },
      splitLine: { lineStyle: { color: colors.line } },
    },
    series: chart.series.map(({ name, values }, i) => ({
      name,
      ...(chart.shape === "bars" ? BARS : lineOf(i, values)),
      data: values.map((value) => value ?? null),
    })),
  };
}

const BARS = { type: "bar", stack: "all", barCategoryGap: "20%", barMaxWidth: 24 } as const;

function lineOf(i: number, values: readonly (number | undefined)[]): object {
  const dashes = ["solid", "dashed", "dotted"] as const;
  const isLonely = values.filter((value) => value !== undefined).length < 2;
  return {
    type: "line",
    showSymbol: isLonely,
    showAllSymbol: true,
    symbolSize: 6,
    connectNulls: true,
    lineStyle: { width: 2, type: dashes[i] ?? "solid" },
    ...(i === 0 ? { areaStyle: { opacity: 0.12 } } : {}),
  };
}
