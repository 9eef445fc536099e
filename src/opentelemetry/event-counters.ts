// Events -> counters. A counter for each kind of thing that operators ask about; reasons are attributes.
import type { Attributes, Counter, Meter, UpDownCounter } from "@opentelemetry/api";
import type { EventMessage, SessionEvent } from "../core/events.ts";

/** What is added to which counter. */
type Addition = readonly [counter: Counter | UpDownCounter, amount: number, attributes?: Attributes];

/** Counts each message of the channel `coatcheck.event`. */
export function createEventCounters(meter: Meter): (message: unknown) => void {
  const counters = createCounters(meter);
  return (message) => {
    const { cookieName, event } = message as EventMessage;
    const [counter, amount, attributes] = additionOf(counters, event);
    counter.add(amount, { "coatcheck.cookie": cookieName, ...attributes });
  };
}

type Counters = ReturnType<typeof createCounters>;

function createCounters(meter: Meter) {
  const counter = (name: string, unit: string, description: string): Counter =>
    meter.createCounter(`coatcheck.${name}`, { unit, description });
  const outages = { unit: "{store}", description: "Stores that count as out at present" };
  return {
    created: counter("sessions.created", "{session}", "Sessions that were stored for the first time"),
    login: counter("logins", "{login}", "Logins"),
    regenerated: counter("sessions.regenerated", "{session}", "Sessions that got a new ID"),
    ended: counter("sessions.ended", "{session}", "Sessions that were logged out, revoked or swept after they expired"),
    refused: counter("cookies.refused", "{cookie}", "Cookies that opened nothing"),
    gone: counter("changes.late", "{request}", "Requests whose changes came after their session had ended"),
    error: counter("errors", "{error}", "Sessions that could not be read, and background work that failed"),
    outages: meter.createUpDownCounter("coatcheck.store.outages", outages),
  };
}

function additionOf(counters: Counters, event: SessionEvent): Addition {
  switch (event.type) {
    case "created":
    case "login":
    case "regenerated":
    case "gone":
      return [counters[event.type], 1];
    case "destroyed":
      return [counters.ended, 1, { "coatcheck.reason": "logout" }];
    case "revoked":
      return [counters.ended, event.count, { "coatcheck.reason": "revoked" }];
    case "swept":
      return [counters.ended, event.count, { "coatcheck.reason": "expired" }];
    case "refused":
      return [counters.refused, 1, { "coatcheck.reason": event.reason }];
    case "error":
      return [counters.error, 1, { "coatcheck.operation": event.operation }];
    case "unavailable":
      return [counters.outages, 1, { "coatcheck.store": event.store }];
    case "recovered":
      return [counters.outages, -1, { "coatcheck.store": event.store }];
  }
}
