// What visitors do in a request, with what each of them knows kept in its ledger.
import { StoreUnavailableError } from "../../../src/core/errors.ts";
import type { Session } from "../../../src/core/session.ts";
import type { AnyData } from "../manager.ts";
import type { Visitor } from "../visitor.ts";
import type { Ledger } from "./ledger.ts";

/** A visitor and what it knows. */
export interface Actor {
  readonly name: string;
  readonly browser: Visitor<AnyData>;
  readonly ledger: Ledger;
}

/** One request. */
export type Action = (actor: Actor) => Promise<void>;

export async function write({ browser, ledger }: Actor): Promise<void> {
  let written: AnyData = {};
  await browser.request((session) => {
    ledger.check(session);
    written = ledger.write();
    session.update(written);
  });
  ledger.acknowledge(written);
}

export function regenerate(actor: Actor): Promise<void> {
  return getNewId(actor, (session) => session.regenerate());
}

export function login(actor: Actor): Promise<void> {
  return getNewId(actor, (session) => session.login(actor.name));
}

export async function logout({ browser, ledger }: Actor): Promise<void> {
  const { cookie } = browser;
  await unsureOf(ledger, () =>
    browser.request(async (session) => {
      ledger.check(session);
      await session.logout();
    }),
  );
  ledger.ended(cookie);
}

/** A round of all that visitors do; most of it is writing. */
export const everything: readonly Action[] = [
  ...[write, write, regenerate, write, write, login, write, write],
  ...[write, regenerate, write, login, write, logout],
];

async function getNewId(actor: Actor, ask: (session: Session<AnyData>) => Promise<void>): Promise<void> {
  const { browser, ledger } = actor;
  const previous = browser.cookie;
  await unsureOf(ledger, () =>
    browser.request(async (session) => {
      ledger.check(session);
      if (session.isNew) session.update(ledger.begin());
      await ask(session);
    }),
  );
  ledger.moved(previous);
}

/** What was asked of the store and not acknowledged may have happened, and may happen yet. */
async function unsureOf(ledger: Ledger, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof StoreUnavailableError) ledger.unsure();
    throw error;
  }
}
