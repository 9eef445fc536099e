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

function regenerate(actor: Actor): Promise<void> {
  return getNewId(actor, (session) => session.regenerate());
}

export function login(actor: Actor): Promise<void> {
  return getNewId(actor, (session) => session.login(actor.name));
}

export async function logout(actor: Actor): Promise<void> {
  const { browser, ledger } = actor;
  const { cookie } = browser;
  await ask(actor, (session) => session.logout());
  ledger.ended(cookie);
}

/** A round of all that visitors do; most of it is writing. */
export const everything: readonly Action[] = [
  ...[write, write, regenerate, write, write, login, write, write],
  ...[write, regenerate, write, login, write, logout],
];

async function getNewId(actor: Actor, call: Control): Promise<void> {
  const { browser, ledger } = actor;
  const previous = browser.cookie;
  await ask(actor, (session) => {
    if (session.isNew) session.update(ledger.begin());
    return call(session);
  });
  ledger.moved(previous);
}

type Control = (session: Session<AnyData>) => Promise<void>;

/** What was asked of the store for a session that it has, and not acknowledged, may have happened, or may happen yet. */
async function ask({ browser, ledger }: Actor, call: Control): Promise<void> {
  let isAsked = false;
  try {
    await browser.request((session) => {
      ledger.check(session);
      isAsked = !session.isNew;
      return call(session);
    });
  } catch (error) {
    if (isAsked && error instanceof StoreUnavailableError) ledger.unsure();
    throw error;
  }
}
