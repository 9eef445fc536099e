// `coatcheck show KEY`: one session, and the names and sizes of what it holds; values only when they are asked for.
import type { Command } from "commander";
import { type SessionField, type SessionInfo, sizesOf } from "../../core/admin/session-info.ts";
import { SessionRecordError } from "../../core/errors.ts";
import { encodeValue } from "../../core/record/codec.ts";
import type { SessionRecord } from "../../core/record/store.ts";
import { RECORD_KEY } from "../../core/session/reserved-fields.ts";
import {
  addIdleTimeout,
  addStoreOptions,
  createCommand,
  LAST_USE_UNKNOWN,
  lastUseOf,
  type OutputOptions,
  plainInfo,
  sessionJson,
} from "../command.ts";
import { CliError, EXIT } from "../exit.ts";
import { noSuchSession } from "../keys.ts";
import { type AnyData, ENCRYPTION_KEYS, type OpenedStore, type StoreOptions, withStore } from "../store/open.ts";
import type { Terminal } from "../terminal.ts";
import { bytes, fromNow, printable, table } from "../text.ts";

interface ShowOptions extends StoreOptions, OutputOptions {
  readonly values?: boolean | undefined;
}

/** A session as it is shown. */
interface Shown extends SessionInfo {
  readonly fields: readonly SessionField[];
  /** `undefined` where it was not asked for. */
  readonly data: Partial<AnyData> | undefined;
  readonly isEncrypted: boolean;
}

export function showCommand(terminal: Terminal): Command {
  const command = createCommand("show", "Show one session: times, owner, device, names and sizes of its keys.", [
    "coatcheck show 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa",
    "coatcheck show --values --json 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa",
    `${ENCRYPTION_KEYS}=newest,older coatcheck show --values 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa`,
  ]);
  addIdleTimeout(addStoreOptions(command))
    .argument("<key>", "the session's key, as `list` and `inspect` print it")
    .option("--values", "show the values too, which may be private");
  return command.action((key: string, options: ShowOptions) => show(terminal, key, options));
}

async function show(terminal: Terminal, key: string, options: ShowOptions): Promise<void> {
  const shown = await withStore(options, (opened) => look(opened, key, options));
  if (options.json) terminal.printJson(jsonOf(shown));
  else printSession(terminal, shown);
}

async function look({ store, sessions }: OpenedStore, key: string, options: ShowOptions): Promise<Shown> {
  const record = await store.load(key);
  if (!record || record.movedTo !== undefined) throw noSuchSession(key);
  const isEncrypted = record.fields.has(RECORD_KEY);
  if (isEncrypted && !process.env[ENCRYPTION_KEYS]) {
    if (!options.values) return asStored(key, record, options);
    const remedy = `Set ${ENCRYPTION_KEYS} to the app's encryption.keys, the newest first, with commas between.`;
    throw new CliError(EXIT.failed, "ENCRYPTED", `This session is encrypted. ${remedy}`);
  }
  try {
    const details = await sessions.inspect(key);
    if (!details) throw noSuchSession(key);
    return { ...details, data: options.values ? details.data : undefined, isEncrypted };
  } catch (error) {
    // Names and sizes can be shown of a record whose values can't be read.
    if (error instanceof SessionRecordError && !options.values) return asStored(key, record, options);
    throw error;
  }
}

/** A session without a look at its values; of an encrypted one, the sizes are those of what is stored. */
function asStored(key: string, record: SessionRecord, { idleTimeout }: ShowOptions): Shown {
  const info = plainInfo({ key, record }, idleTimeout);
  return { ...info, fields: sizesOf(record.fields), data: undefined, isEncrypted: record.fields.has(RECORD_KEY) };
}

function jsonOf({ fields, data, isEncrypted, ...info }: Shown): object {
  return {
    ...sessionJson(info),
    encrypted: isEncrypted,
    fields: fields.map(({ name, bytes }) => ({ name, bytes, ...(data ? { value: storedForm(data, name) } : {}) })),
  };
}

/** A value as records have it: JSON, with tags such as `{"$date": …}` for what JSON lacks. */
function storedForm(data: Partial<AnyData>, name: string): unknown {
  return JSON.parse(encodeValue(data[name], name));
}

function printSession({ print, colors }: Terminal, shown: Shown): void {
  const { key, owner, createdAt, expiresAt, device, fields, data, isEncrypted } = shown;
  const now = Date.now();
  const lastUse = lastUseOf(shown, now);
  const moment = (date: Date): string => `${date.toISOString()}  (${fromNow(date, now)})`;
  const facts: [string, string | undefined][] = [
    ["key", key],
    ["owner", owner ?? "- (nobody has logged in)"],
    ["began", moment(createdAt)],
    ["last used", lastUse === undefined ? `unknown. ${LAST_USE_UNKNOWN}` : moment(lastUse)],
    ["ends", moment(expiresAt)],
    ["browser", device?.userAgent],
    ["address", device?.address],
    ["place", device?.place],
    ["encrypted", isEncrypted ? "yes" : undefined],
  ];
  const known = facts.flatMap(([name, text]) => (text === undefined ? [] : [[name, printable(text)]]));
  for (const line of table(known)) print(line);
  print("");
  if (fields.length === 0) print("It holds nothing.");
  else print(colors.bold("IT HOLDS"));
  const rows = fields.map(({ name, bytes: size }) => [
    printable(name),
    bytes(size),
    ...(data ? [printable(JSON.stringify(storedForm(data, name)))] : []),
  ]);
  for (const line of table(rows)) print(line);
}
