// Requests of one visitor that overlap, over HTTP: what was answered with 200, and what of it is there afterwards.
import { setTimeout as sleep } from "node:timers/promises";
import { loginState, userName } from "../servers/texts.ts";
import { STORE_SERVERS, type StoreServer, startStoreServer } from "./servers.ts";
import type { Databases } from "./stores.ts";

/** Writes that were answered with 200, and those of them that were gone afterwards. */
export interface Writes {
  readonly acknowledged: number;
  readonly lost: number;
}

export interface RaceResult {
  readonly server: StoreServer;
  /** Pairs of requests that each set another key. */
  readonly pairs: Writes;
  /** Requests at once in one session, each its own key. */
  readonly crowd: Writes;
  /** Rounds after which the visitor who had logged out was logged in, or had data, again. */
  readonly cameBack: number;
  /** Rounds whose slow request was answered with 200 all the same. */
  readonly toldSaved: number;
}

export const PAIRS = 200;
export const CROWD = 100;
export const LOGOUTS = 200;

export async function measureRaces(databases: Databases, progress: (line: string) => void): Promise<RaceResult[]> {
  const results: RaceResult[] = [];
  for (const server of STORE_SERVERS.filter(({ races }) => races)) {
    progress(`races: ${server.label}`);
    const running = await startStoreServer(server.name, databases);
    try {
      results.push(await race(server, running.address));
    } finally {
      running.stop();
    }
  }
  return results;
}

async function race(server: StoreServer, address: string): Promise<RaceResult> {
  let pairs: Writes = { acknowledged: 0, lost: 0 };
  for (let i = 0; i < PAIRS; i++) {
    const { acknowledged, lost } = await writeTogether(address, 2);
    pairs = { acknowledged: pairs.acknowledged + acknowledged, lost: pairs.lost + lost };
  }
  const crowd = await writeTogether(address, CROWD);
  let cameBack = 0;
  let toldSaved = 0;
  for (let i = 0; i < LOGOUTS; i++) {
    const { isBack, wasTold } = await logOutMeanwhile(address);
    if (isBack) cameBack++;
    if (wasTold) toldSaved++;
  }
  return { server, pairs, crowd, cameBack, toldSaved };
}

async function writeTogether(address: string, count: number): Promise<Writes> {
  const cookie = await seed(address);
  const keys = Array.from({ length: count }, (_, i) => `k${i}`);
  const answers = await Promise.all(keys.map((key) => ask(`${address}/slow/${key}`, cookie)));
  const acknowledged = keys.filter((_, i) => answers[i]?.status === 200);
  const kept = (await ask(`${address}/keys`, cookie)).text.split(",");
  return { acknowledged: acknowledged.length, lost: acknowledged.filter((key) => !kept.includes(key)).length };
}

async function logOutMeanwhile(address: string): Promise<{ isBack: boolean; wasTold: boolean }> {
  const cookie = await seed(address);
  const slow = ask(`${address}/held/k0`, cookie);
  // It has its session, and has not written, until the visitor has been told to be logged out.
  while ((await ask(`${address}/holding`)).text !== "1") await sleep(1);
  const logout = await ask(`${address}/logout`, cookie);
  if (logout.status !== 200) throw new Error(`Logging out was answered with ${logout.status}.`);
  await ask(`${address}/release`);
  const { status } = await slow;
  const has = await ask(`${address}/has`, cookie);
  const keys = await ask(`${address}/keys`, cookie);
  return { isBack: has.text !== loginState(false) || keys.text !== "", wasTold: status === 200 };
}

async function seed(address: string): Promise<string> {
  const { cookie } = await ask(`${address}/seed/${userName(0)}`);
  if (cookie === undefined) throw new Error("Seeding a session has set no cookie.");
  return cookie;
}

async function ask(url: string, cookie?: string): Promise<{ status: number; text: string; cookie?: string }> {
  const response = await fetch(url, cookie === undefined ? {} : { headers: { cookie } });
  const text = await response.text();
  const set = response.headers.getSetCookie()[0]?.split(";")[0];
  return { status: response.status, text, ...(set === undefined ? {} : { cookie: set }) };
}
