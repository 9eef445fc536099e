// The measurement in this process: what one request costs in coatcheck itself on the memory store, as a multiple of one
// HMAC-SHA-256 measured in the same rounds. No framework, no network.
import { createHmac, createSecretKey, randomBytes } from "node:crypto";
import { createSessions, memoryStore, type Session, type SessionManager } from "coatcheck";
import { type BenchData, dataOf, SECRET, userName } from "./servers/texts.ts";
import { median } from "./statistics.ts";

const CASES = ["first sight", "remembered", "read", "anonymous", "forged", "write"] as const;
export type CaseName = (typeof CASES)[number];

export interface InProcessResult {
  readonly name: CaseName;
  /** The cost of one request, in HMACs: the median over the rounds. */
  readonly hmacs: number;
}

export const CASE_TITLES: Readonly<Record<CaseName, string>> = {
  "first sight": "cookie seen for the first time: verify, load, untouched finish",
  remembered: "the same, cookie seen before",
  read: "cookie seen before, one key read",
  anonymous: "no cookie, one key asked for",
  forged: "forged cookie, one key asked for",
  write: "cookie seen before, a number incremented and stored",
};

type Data = Partial<BenchData>;
type Handler = (session: Session<Data>) => unknown;

interface Case {
  /** Made for each round: a new manager has seen no cookie. */
  readonly manager: () => SessionManager<Data>;
  readonly headers: readonly (string | undefined)[];
  readonly handler: Handler;
}

const SESSIONS = 2_000;
const WARM_UP_ROUNDS = 5;
const ROUNDS = 25;
const HMACS = 5_000;

export async function measureInProcess(): Promise<InProcessResult[]> {
  const cases = await prepareCases();
  const ratios = new Map(CASES.map((name) => [name, [] as number[]]));
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    const hmac = timeHmac();
    for (const name of CASES) {
      const time = await timeRequests(cases[name]);
      if (round >= WARM_UP_ROUNDS) ratios.get(name)?.push(time / hmac);
    }
  }
  return CASES.map((name) => ({ name, hmacs: median(ratios.get(name) ?? []) }));
}

async function prepareCases(): Promise<Record<CaseName, Case>> {
  const store = memoryStore();
  const newManager = (): SessionManager<Data> => createSessions<Data>({ secret: SECRET, store });
  const known = newManager();
  const own: string[] = [];
  for (let i = 0; i < SESSIONS; i++) {
    const { session, finish } = bound(await known.open(undefined));
    session.update(dataOf(userName(i)));
    own.push((await finish()).setCookie?.split(";")[0] ?? "");
  }
  const dot = own[0]?.indexOf(".") ?? 0;
  const forged = own.map((cookie, i) => cookie.slice(0, dot) + own[(i + 1) % SESSIONS]?.slice(dot));

  const manager = (): SessionManager<Data> => known;
  const ask: Handler = (session) => "username" in session;
  return {
    "first sight": { manager: newManager, headers: own, handler: (session) => session },
    remembered: { manager, headers: own, handler: (session) => session },
    read: { manager, headers: own, handler: (session) => session.username },
    anonymous: { manager, headers: own.map(() => undefined), handler: ask },
    forged: { manager, headers: forged, handler: ask },
    write: { manager, headers: own, handler: (session) => (session.visits = (session.visits ?? 0) + 1) },
  };
}

const isSecure = (): boolean => false;
type Active = Awaited<ReturnType<SessionManager<Data>["open"]>>;

function bound(active: Active): { session: Session<Data>; finish: () => ReturnType<Active["finish"]> } {
  return { session: active.session, finish: () => active.finish(isSecure) };
}

/** Nanoseconds for one request. Like an adapter, it waits only where there is a promise. */
async function timeRequests({ manager, headers, handler }: Case): Promise<number> {
  const sessions = manager();
  const start = process.hrtime.bigint();
  for (const header of headers) {
    const opened = sessions.open(header);
    const active = opened instanceof Promise ? await opened : opened;
    handler(active.session);
    const finished = active.finish(isSecure);
    if (finished instanceof Promise) await finished;
  }
  return Number(process.hrtime.bigint() - start) / headers.length;
}

/** Nanoseconds for one HMAC of what a cookie's signature covers: 51 bytes. */
function timeHmac(): number {
  const key = createSecretKey(randomBytes(32));
  const text = "session|".padEnd(51, "i");
  const start = process.hrtime.bigint();
  for (let i = 0; i < HMACS; i++) createHmac("sha256", key).update(text).digest();
  return Number(process.hrtime.bigint() - start) / HMACS;
}
