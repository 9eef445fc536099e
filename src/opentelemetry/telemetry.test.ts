// Metrics and spans, as a real OpenTelemetry SDK receives them.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { context, metrics, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { createTestManager } from "../../test/fixtures/manager.ts";
import { createVisitor } from "../../test/fixtures/visitor.ts";
import { memoryStore } from "../stores/memory/index.ts";
import { reportTelemetry } from "./index.ts";

const spans = new InMemorySpanExporter();
const points = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: points, exportIntervalMillis: 3_600_000 });
const meterProvider = new MeterProvider({ readers: [reader] });

before(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
  metrics.setGlobalMeterProvider(meterProvider);
});
after(() => meterProvider.shutdown());
beforeEach(() => spans.reset());

/** `name{attribute,…}` -> value, of what was counted under this cookie's name; of a histogram, how many values. */
async function collect(cookieName: string): Promise<Record<string, unknown>> {
  points.reset();
  await reader.forceFlush();
  const found: Record<string, unknown> = {};
  for (const { scopeMetrics } of points.getMetrics()) {
    for (const { descriptor, dataPoints } of scopeMetrics.flatMap((scope) => scope.metrics)) {
      for (const { attributes, value } of dataPoints as DataPoint<unknown>[]) {
        const { "coatcheck.cookie": cookie = cookieName, ...others } = attributes;
        if (cookie !== cookieName) continue;
        const name = `${descriptor.name}{${Object.values(others).join()}}`;
        found[name] = typeof value === "object" && value !== null && "count" in value ? value.count : value;
      }
    }
  }
  return found;
}

test("every kind of event is counted under the manager's cookie, with its reason", async () => {
  const { sessions } = createTestManager({ cookie: { name: "counted" } });
  const stop = reportTelemetry({ sessions });
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.login("ada"));
  await visitor.request((session) => session.regenerate());
  await createVisitor(sessions, "counted=forged").request((session) => session.owner);
  await createVisitor(sessions).request((session) => session.login("bob"));
  const found = await collect("counted");
  assert.equal(found["coatcheck.sessions.active{memory}"], 2);
  await sessions.revokeAll("bob");
  await visitor.request((session) => session.logout());
  const { "coatcheck.sessions.active{memory}": active, ...later } = await collect("counted");
  stop();
  assert.equal(active, 0);
  assert.equal(later["coatcheck.sessions.created{}"], 2);
  assert.equal(later["coatcheck.logins{}"], 2);
  assert.equal(later["coatcheck.sessions.regenerated{}"], 1);
  assert.equal(later["coatcheck.cookies.refused{malformed}"], 1);
  assert.equal(later["coatcheck.sessions.ended{revoked}"], 1);
  assert.equal(later["coatcheck.sessions.ended{logout}"], 1);
  assert.equal(later["coatcheck.store.duration{memory,create}"], 2);
  assert.equal(later["coatcheck.store.duration{memory,load}"], 2);
});

test("a call of the store is a span within the request's, and a failed one says its error's name alone", async () => {
  let isOut = false;
  const memory = memoryStore();
  const store = new Proxy(memory, {
    get(target, name) {
      if (name === "load" && isOut) return () => Promise.reject(new TypeError("the key abc is not for eyes"));
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  const { sessions } = createTestManager({ store });
  const stop = reportTelemetry();
  const visitor = createVisitor(sessions);
  await trace.getTracer("app").startActiveSpan("POST /login", async (span) => {
    await visitor.request((session) => session.login("ada"));
    span.end();
  });
  isOut = true;
  await assert.rejects(visitor.request((session) => session.owner));
  stop();
  const [create, request, load] = spans.getFinishedSpans();
  assert.deepEqual([create?.name, request?.name, load?.name], ["session create", "POST /login", "session load"]);
  assert.equal(create?.parentSpanContext?.spanId, request?.spanContext().spanId);
  assert.deepEqual(create?.attributes, { "coatcheck.store": "memory", "coatcheck.operation": "create" });
  assert.equal(load?.status.code, SpanStatusCode.ERROR);
  assert.equal(load?.attributes["error.type"], "StoreUnavailableError");
  assert.doesNotMatch(JSON.stringify(load?.events), /abc/);
});

test("once it has been ended it reports nothing, and without spans it makes none", async () => {
  const { sessions } = createTestManager({ cookie: { name: "ended" } });
  const stop = reportTelemetry({ sessions: [sessions], spans: false });
  await createVisitor(sessions).request((session) => session.login("ada"));
  stop();
  await createVisitor(sessions).request((session) => session.login("ada"));
  assert.deepEqual(spans.getFinishedSpans(), []);
  assert.equal((await collect("ended"))["coatcheck.logins{}"], 1);
});

test("counting sessions for the metrics makes no span", async () => {
  const { sessions } = createTestManager({ cookie: { name: "quiet" } });
  const stop = reportTelemetry({ sessions });
  await createVisitor(sessions).request((session) => session.login("ada"));
  spans.reset();
  const found = await collect("quiet");
  stop();
  assert.equal(found["coatcheck.sessions.active{memory}"], 1);
  assert.deepEqual(spans.getFinishedSpans(), []);
});

test("called for a second manager, and again for the first, it reports nothing twice", async () => {
  const [first, second] = ["one", "two"].map((name) => createTestManager({ cookie: { name } }).sessions);
  assert.ok(first && second);
  const stops = [first, second, first].map((sessions) => reportTelemetry({ sessions }));
  await createVisitor(first).request((session) => session.login("ada"));
  await createVisitor(second).request((session) => session.login("ada"));
  const counted = [await collect("one"), await collect("two")];
  assert.deepEqual(
    counted.map((found) => found["coatcheck.logins{}"]),
    [1, 1],
  );
  assert.equal(spans.getFinishedSpans().length, 2);
  stops[1]?.();
  stops[1]?.();
  await createVisitor(first).request((session) => session.login("ada"));
  assert.equal((await collect("one"))["coatcheck.logins{}"], 2);
  for (const stop of stops) stop();
  await createVisitor(first).request((session) => session.login("ada"));
  assert.equal((await collect("one"))["coatcheck.logins{}"], 2);
});
