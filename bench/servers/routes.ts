// What every server of this comparison answers, whatever its framework: the same work and the same bytes.
import { setTimeout as sleep } from "node:timers/promises";
import { bareCookie } from "./bare-cookie.ts";
import { type BenchData, dataOf, greeting, loginState, SEEDED, userName, visitCount } from "./texts.ts";

/** A request's session, as handlers see it. */
export interface Visitor {
  /** The session itself: its properties are the data, and what the library puts beside them. */
  readonly data: Partial<BenchData> & Record<string, unknown>;
  /** Logs the visitor out, as the library's documentation says. */
  end(): Promise<void>;
}

/** Answers a text; where it is not the work of a moment, a promise of one. */
type Route = (visitor: Visitor, param: string) => string | Promise<string>;

/** How long a handler waits for its own database, say, before it writes. */
const SLOW_HANDLER_MS = 20;

/** Handlers that wait for `/release`. */
const held: (() => void)[] = [];

/** Of what they say, the keys that visitors have set themselves begin with this. */
const OWN_KEY = /^k\d+$/;

/** By path; the last part of some is the parameter. */
export const routes: Readonly<Record<string, Route>> = {
  "/seed/:param": ({ data }, user) => {
    Object.assign(data, dataOf(user));
    return SEEDED;
  },
  "/read": ({ data }) => greeting(data.username),
  "/write": ({ data }) => {
    const visits = (data.visits ?? 0) + 1;
    data.visits = visits;
    return visitCount(visits);
  },
  "/has": ({ data }) => loginState("username" in data),
  "/slow/:param": async ({ data }, key) => {
    await sleep(SLOW_HANDLER_MS);
    data[key] = 1;
    return "set";
  },
  "/held/:param": async ({ data }, key) => {
    await new Promise<void>((resolve) => held.push(resolve));
    data[key] = 1;
    return "set";
  },
  "/holding": () => String(held.length),
  "/release": () => {
    for (const resolve of held.splice(0)) resolve();
    return "released";
  },
  "/keys": ({ data }) =>
    Object.keys(data)
      .filter((key) => OWN_KEY.test(key))
      .join(","),
  "/logout": async (visitor) => {
    await visitor.end();
    return "ended";
  },
};

let visits = 100_000;

/** The same for a framework without sessions. @param setCookie Sets the header: there are cookies of the same size. */
export const bareRoutes: Readonly<Record<string, (setCookie: (header: string) => void) => string>> = {
  "/seed/:param": (setCookie) => {
    setCookie(bareCookie());
    return SEEDED;
  },
  "/read": () => greeting(userName(0)),
  "/write": () => visitCount(++visits),
  "/has": () => loginState(false),
};
