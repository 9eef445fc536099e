// Calls of the stores -> a histogram of how long they take, and a span for each.
import { context, type Meter, type Span, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import type { StoreCall } from "../core/record/store-calls.ts";
import { isCollecting } from "./active-sessions.ts";

interface StoreTelemetry {
  /** Hears the channel `coatcheck.store.start`, in the context of who called. */
  begin(message: unknown): void;
  /** Hears the channel `coatcheck.store.end`. */
  end(message: unknown): void;
}

/** Bounds in seconds: from memory's microseconds to the deadline of a call. */
const BOUNDARIES = [0.00001, 0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** @param wantsSpans Whether the next call is a span. The counting for the metrics never is. */
export function createStoreTelemetry(meter: Meter, tracer: Tracer, wantsSpans: () => boolean): StoreTelemetry {
  const durations = meter.createHistogram("coatcheck.store.duration", {
    unit: "s",
    description: "How long one call of a session store took",
    advice: { explicitBucketBoundaries: BOUNDARIES },
  });
  const spans = new WeakMap<StoreCall, Span>();

  return {
    begin(message) {
      if (!wantsSpans() || isCollecting()) return;
      const call = message as StoreCall;
      const attributes = { "coatcheck.store": call.store, "coatcheck.operation": call.operation };
      spans.set(call, tracer.startSpan(`session ${call.operation}`, { attributes }, context.active()));
    },

    end(message) {
      const call = message as StoreCall;
      const failure = call.error === undefined ? {} : { "error.type": errorType(call.error) };
      durations.record((call.duration ?? 0) / 1000, {
        "coatcheck.store": call.store,
        "coatcheck.operation": call.operation,
        ...failure,
      });
      const span = spans.get(call);
      if (!span) return;
      if (call.error !== undefined) span.setAttributes(failure).setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

/** A name and never a message: messages of clients may carry what they were given. */
function errorType(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
