// Counts the spans of requests that OpenTelemetry's instrumentation records, where telemetry.ts was loaded before all else.

const COUNT = Symbol.for("coatcheck.suite.spans");

export function countSpan(): void {
  Reflect.set(globalThis, COUNT, recordedSpans() + 1);
}

export function recordedSpans(): number {
  return Number(Reflect.get(globalThis, COUNT) ?? 0);
}
