// What docs/operate.md, the dashboard and the alerts name is what the code reports.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { SessionEvent } from "../core/events.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

const code = ["event-counters", "store-telemetry", "active-sessions"]
  .map((name) => read(`src/opentelemetry/${name}.ts`))
  .join("\n");

/** As the code has them: the counters' names lack the common beginning. */
const reported = new Set(
  [...code.matchAll(/(?:counter\("|"coatcheck\.)([\w.]+)", (?:\{|"\{|outages)/g)].map(
    ([, name]) => `coatcheck.${name}`,
  ),
);

const page = read("docs/operate.md");
const documented = new Set([...page.matchAll(/^\| `(coatcheck\.[\w.]+)` \| [a-z -]+ \|/gm)].map(([, name]) => name));

test("the table of metrics names exactly those that are reported", () => {
  assert.equal(documented.size, 10);
  assert.deepEqual([...reported].toSorted(), [...documented].toSorted());
});

test("the table of events names exactly those that there are", () => {
  const types: Record<SessionEvent["type"], true> = {
    created: true,
    login: true,
    regenerated: true,
    destroyed: true,
    revoked: true,
    refused: true,
    gone: true,
    swept: true,
    unavailable: true,
    recovered: true,
    error: true,
  };
  const table = page.slice(page.indexOf("## Events"), page.indexOf("## Diagnostics channels"));
  const named = [...table.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].flatMap(([, names]) => names?.match(/\w+/g) ?? []);
  assert.deepEqual(named.filter((name) => name !== "type").toSorted(), Object.keys(types).toSorted());
});

test("dashboard and alerts ask for metrics that are reported, as Prometheus names them", () => {
  const known = new Set([...reported].map((name) => String(name).replaceAll(".", "_")));
  const used = [
    ...`${read("docs/operate/dashboard.json")}${read("docs/operate/alerts.yml")}`.matchAll(/\bcoatcheck_\w+/g),
  ]
    .map(([name]) => name.replace(/(_seconds)?_(total|bucket|count)$/, ""))
    .filter((name) => !/^coatcheck_(cookie|store|operation|reason)$/.test(name));
  assert.ok(used.length > 15);
  for (const name of used) assert(known.has(name), name);
  JSON.parse(read("docs/operate/dashboard.json"));
});
