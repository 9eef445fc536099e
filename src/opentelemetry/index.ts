// What `import "coatcheck/opentelemetry"` gives: metrics and spans of all managers of this process, through the
// OpenTelemetry API. It reads the diagnostics channels and knows no session.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { metrics, trace } from "@opentelemetry/api";
import {
  booleanOption,
  checkOptions,
  listOption,
  methodsOption,
  type OptionChecks,
} from "../core/util/option-checks.ts";
import { type CountedSessions, observeActiveSessions } from "./active-sessions.ts";
import { createEventCounters } from "./event-counters.ts";
import { createStoreTelemetry } from "./store-telemetry.ts";

export interface TelemetryOptions {
  /** Whose live sessions are counted, each time that metrics are collected. Default: none; all else needs no manager. */
  readonly sessions?: CountedSessions | readonly CountedSessions[] | undefined;
  /** Whether each call of a store is a span, a child of the request's. Default `true`; of several calls, one that says so is enough. */
  readonly spans?: boolean | undefined;
}

const countedOption = methodsOption(["count"], "must be a manager", "Give what createSessions(...) has returned.");

const CHECKS: OptionChecks<TelemetryOptions> = {
  sessions: (option, value) => (Array.isArray(value) ? listOption(countedOption) : countedOption)(option, value),
  spans: booleanOption,
};

/** One call of `reportTelemetry` that has not been ended. */
interface Report {
  readonly managers: readonly CountedSessions[];
  readonly spans: boolean;
}

interface Reporting {
  readonly reports: Set<Report>;
  stop(): void;
}

/** Process-wide, so that a bundle that carries this module too does not report everything twice. */
const REPORTING: unique symbol = Symbol.for("coatcheck.telemetry");
const shared = globalThis as { [REPORTING]?: Reporting | undefined };

/**
 * Reports what all managers of this process do, to the meter and tracer that your OpenTelemetry SDK has registered. Call
 * it after the SDK has started, once for all managers or once for each: nothing is reported twice. Without an SDK it does
 * nothing. Names and attributes: docs/operate.md.
 *
 * No attribute carries an ID, a key, an owner or data.
 *
 * @returns A function that ends it.
 * @throws SessionOptionError when an option is wrong or unknown.
 * @example
 * import { reportTelemetry } from "coatcheck/opentelemetry";
 *
 * sdk.start();
 * reportTelemetry({ sessions });
 */
export function reportTelemetry(options: TelemetryOptions = {}): () => void {
  const { sessions = [], spans = true } = checkOptions<TelemetryOptions>(
    options,
    CHECKS,
    "Call reportTelemetry({ sessions }).",
  );
  shared[REPORTING] ??= beginReporting();
  const reporting = shared[REPORTING];
  const report: Report = { managers: "count" in sessions ? [sessions] : sessions, spans };
  reporting.reports.add(report);
  return () => {
    if (!reporting.reports.delete(report) || reporting.reports.size > 0) return;
    reporting.stop();
    shared[REPORTING] = undefined;
  };
}

function beginReporting(): Reporting {
  const reports = new Set<Report>();
  const wantsSpans = (): boolean => [...reports].some(({ spans }) => spans);
  const managers = (): Set<CountedSessions> => new Set([...reports].flatMap((report) => report.managers));

  const meter = metrics.getMeter("coatcheck");
  const count = createEventCounters(meter);
  const store = createStoreTelemetry(meter, trace.getTracer("coatcheck"), wantsSpans);
  const stopObserving = observeActiveSessions(meter, managers);
  const channels: readonly [string, (message: unknown) => void][] = [
    ["coatcheck.event", count],
    ["coatcheck.store.start", store.begin],
    ["coatcheck.store.end", store.end],
  ];
  for (const [name, hear] of channels) subscribe(name, hear);
  return {
    reports,
    stop() {
      for (const [name, hear] of channels) unsubscribe(name, hear);
      stopObserving();
    },
  };
}
