// What `import "coatcheck/opentelemetry"` gives: metrics and spans of all managers of this process, through the
// OpenTelemetry API. It reads the diagnostics channels and knows no session.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { metrics, trace } from "@opentelemetry/api";
import { type CountedSessions, observeActiveSessions } from "./active-sessions.ts";
import { createEventCounters } from "./event-counters.ts";
import { createStoreTelemetry } from "./store-telemetry.ts";

export interface TelemetryOptions {
  /** Whose live sessions are counted, each time that metrics are collected. Default: none; all else needs no manager. */
  readonly sessions?: CountedSessions | readonly CountedSessions[] | undefined;
  /** Whether each call of a store is a span, a child of the request's. Default `true`. */
  readonly spans?: boolean | undefined;
}

/**
 * Reports what all managers of this process do, to the meter and tracer that your OpenTelemetry SDK has registered. Call
 * it once, after the SDK has started. Without an SDK it does nothing. Names and attributes: docs/operate.md.
 *
 * No attribute carries an ID, a key, an owner or data.
 *
 * @returns A function that ends it.
 * @example
 * import { reportTelemetry } from "coatcheck/opentelemetry";
 *
 * sdk.start();
 * reportTelemetry({ sessions });
 */
export function reportTelemetry({ sessions = [], spans = true }: TelemetryOptions = {}): () => void {
  const meter = metrics.getMeter("coatcheck");
  const count = createEventCounters(meter);
  const store = createStoreTelemetry(meter, spans ? trace.getTracer("coatcheck") : undefined);
  const managers = "count" in sessions ? [sessions] : sessions;
  const stopObserving = observeActiveSessions(meter, managers);

  const channels: readonly [string, (message: unknown) => void][] = [
    ["coatcheck.event", count],
    ["coatcheck.store.start", store.begin],
    ["coatcheck.store.end", store.end],
  ];
  for (const [name, hear] of channels) subscribe(name, hear);
  return () => {
    for (const [name, hear] of channels) unsubscribe(name, hear);
    stopObserving();
  };
}
