// Loaded before all else: OpenTelemetry's instrumentation of node:http, with spans that go nowhere.
import { createRequire } from "node:module";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const provider = new BasicTracerProvider();
trace.setGlobalTracerProvider(provider);
new HttpInstrumentation().setTracerProvider(provider);
// It hooks into `require`; what it patches there, imports see too.
createRequire(import.meta.url)("http");
