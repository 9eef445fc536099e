// The chart of docs/benchmarks.svg: throughput kept, by path and library.
import { BarChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { init, setPlatformAPI, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { type HttpResult, PATHS } from "./http.ts";
import { SERVERS } from "./servers.ts";

const COLORS: Readonly<Record<string, string>> = {
  "coatcheck-hono-memory": "#0b6e4f",
  "coatcheck-hono-sqlite": "#3fa67c",
  "hono-sessions": "#c26a3d",
  "iron-session": "#8a7fb5",
  "coatcheck-node-memory": "#1f4e79",
};

/** Of the font's size, on the wide side: there is no DOM to measure text, and the reader's font is unknown. */
const CHARACTER_WIDTH = 0.6;

export function drawChart(results: readonly HttpResult[]): string {
  use([BarChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);
  setPlatformAPI({ measureText: (text, font) => ({ width: text.length * CHARACTER_WIDTH * fontSizeOf(font) }) });
  const chart = init(null, null, { renderer: "svg", ssr: true, width: 860, height: 420 });
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    title: { text: "Throughput kept of the same framework without sessions", left: "center", top: 12 },
    legend: { bottom: 8 },
    grid: { left: 56, right: 24, top: 56, bottom: 76 },
    xAxis: { type: "category", data: [...PATHS], axisTick: { show: false } },
    yAxis: { type: "value", min: 0, max: 1, axisLabel: { formatter: (value: number) => `${value * 100} %` } },
    series: SERVERS.filter(({ isBare }) => !isBare).map(({ name, label }) => ({
      name: label,
      type: "bar",
      color: COLORS[name],
      barGap: "10%",
      data: PATHS.map((path) => keptOf(results, name, path)),
      label: {
        show: true,
        position: "top",
        fontSize: 10,
        formatter: ({ value }: { value: number }) => value.toFixed(2),
      },
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

function fontSizeOf(font: string | undefined): number {
  return Number.parseFloat(/[\d.]+(?=px)/.exec(font ?? "")?.[0] ?? "12");
}

function keptOf(results: readonly HttpResult[], server: string, path: string): number {
  return results.find((result) => result.server === server && result.path === path)?.kept?.byCpu ?? 0;
}
