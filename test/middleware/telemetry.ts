// Loaded before all else: OpenTelemetry's instrumentation of node:http. Its spans are counted, to show that it is on.
import { createRequire } from "node:module";
import { context, SpanKind, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { BasicTracerProvider, type ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { countSpan } from "./spans.ts";

const counter = {
  onStart: () => {},
  onEnd: ({ kind }: ReadableSpan) => {
    if (kind === SpanKind.SERVER) countSpan();
  },
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const provider = new BasicTracerProvider({ spanProcessors: [counter] });
trace.setGlobalTracerProvider(provider);
new HttpInstrumentation().setTracerProvider(provider);
// It hooks into `require`; what it patches there, imports see too.
createRequire(import.meta.url)("http");
