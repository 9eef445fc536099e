// `coatcheck revoke KEY` and `coatcheck revoke-all OWNER`: end sessions, at once on all servers.
import type { Command } from "commander";
import { addStoreOptions, addYes, type ConfirmOptions, createCommand, type OutputOptions } from "../command.ts";
import { noSuchSession } from "../keys.ts";
import { type StoreOptions, withStore } from "../store/open.ts";
import type { Terminal } from "../terminal.ts";
import { countOf, printable } from "../text.ts";

interface RevokeOptions extends StoreOptions, OutputOptions, ConfirmOptions {}

interface RevokeAllOptions extends RevokeOptions {
  readonly except?: string | undefined;
}

export function revokeCommand(terminal: Terminal): Command {
  const command = createCommand("revoke", "End one session: whoever has its cookie is logged out.", [
    "coatcheck revoke 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa",
    "coatcheck revoke --yes --json 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa",
  ]);
  addYes(addStoreOptions(command)).argument("<key>", "the session's key, as `list` and `inspect` print it");
  return command.action((key: string, options: RevokeOptions) => revoke(terminal, key, options));
}

export function revokeAllCommand(terminal: Terminal): Command {
  const command = createCommand("revoke-all", "End all sessions of a user.", [
    "coatcheck revoke-all ada",
    "coatcheck revoke-all ada --except 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa --yes",
  ]);
  addYes(addStoreOptions(command))
    .argument("<owner>", "the user, as the app gives it to session.login()")
    .option("--except <key>", "but not this one");
  return command.action((owner: string, options: RevokeAllOptions) => revokeAll(terminal, owner, options));
}

async function revoke(terminal: Terminal, key: string, options: RevokeOptions): Promise<void> {
  await withStore(options, async ({ store, sessions }) => {
    const record = await store.load(key);
    if (!record || record.movedTo !== undefined) throw noSuchSession(key);
    const whose = record.owner === undefined ? "of a visitor who has not logged in" : `of ${printable(record.owner)}`;
    await terminal.confirm(`End the session ${printable(key)} ${whose}?`, options);
    if (!(await sessions.revoke(key))) throw noSuchSession(key);
  });
  if (options.json) terminal.printJson({ revoked: 1 });
  else terminal.print("The session has ended.");
}

async function revokeAll(terminal: Terminal, owner: string, options: RevokeAllOptions): Promise<void> {
  const { except } = options;
  const revoked = await withStore(options, async ({ sessions }) => {
    const others = (await sessions.list(owner)).filter(({ key }) => key !== except);
    if (others.length === 0) return 0;
    await terminal.confirm(`End ${countOf(others.length, "session")} of ${printable(owner)}?`, options);
    return sessions.revokeAll(owner, { except });
  });
  if (options.json) terminal.printJson({ revoked });
  else terminal.print(`${countOf(revoked, "session")} ended.`);
}
