// How many sessions are live, asked of the stores each time that metrics are collected.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Meter, ObservableResult } from "@opentelemetry/api";
import { SessionError } from "../core/errors.ts";
import type { SessionManager } from "../core/manager.ts";

/** What of a manager is asked. */
export type CountedSessions = Pick<SessionManager<unknown>, "count" | "cookieName" | "storeName">;

const collecting = new AsyncLocalStorage<true>();

/** Whether the current call of a store counts sessions for the metrics: no request waits for it. */
export function isCollecting(): boolean {
  return collecting.getStore() ?? false;
}

/**
 * @param managers Returns those whose sessions are counted, each once.
 * @returns A function that ends it.
 */
export function observeActiveSessions(meter: Meter, managers: () => Iterable<CountedSessions>): () => void {
  const gauge = meter.createObservableGauge("coatcheck.sessions.active", {
    unit: "{session}",
    description: "Live sessions, as nearly as the store can count them cheaply",
  });
  const observe = async (result: ObservableResult): Promise<void> => {
    await Promise.all(Array.from(managers(), (sessions) => observeOne(result, sessions)));
  };
  gauge.addCallback(observe);
  return () => gauge.removeCallback(observe);
}

/** A store that is out, or that can't count, has no point in the chart. */
async function observeOne(result: ObservableResult, sessions: CountedSessions): Promise<void> {
  try {
    const { sessions: count } = await collecting.run(true, () => sessions.count());
    result.observe(count, { "coatcheck.cookie": sessions.cookieName, "coatcheck.store": sessions.storeName });
  } catch (error) {
    if (!(error instanceof SessionError)) throw error;
  }
}
