// `coatcheck doctor`: a configuration against the security bar, and the store that it names.
import type { Command } from "commander";
import { keyOfId } from "../../core/request/session-id.ts";
import { DEFAULT_TABLE } from "../../stores/postgres/table.ts";
import { addStoreOptions, createCommand, type OutputOptions } from "../command.ts";
import { type Check, fail, note, ok } from "../doctor/check.ts";
import { type AppConfig, loadConfig } from "../doctor/config-file.ts";
import { checkDirectory } from "../doctor/directory.ts";
import { checkAllOptions, checkSecrets } from "../doctor/options.ts";
import { checkPostgres } from "../doctor/postgres.ts";
import { checkRedis } from "../doctor/redis.ts";
import { CliError, EXIT, explain } from "../exit.ts";
import { defaultAddress, hasDatabase, parseAddress } from "../store/address.ts";
import { listOf, type OpenedStore, type StoreOptions, withStoreAt } from "../store/open.ts";
import type { Terminal } from "../terminal.ts";
import { countOf, printable } from "../text.ts";

interface DoctorOptions extends StoreOptions, OutputOptions {
  readonly config?: string | undefined;
  readonly secretEnv: string;
}

export function doctorCommand(terminal: Terminal): Command {
  const command = createCommand("doctor", "Check a configuration for security, and reach its store.", [
    "SESSION_SECRET=… coatcheck doctor --store redis://localhost:6379",
    "coatcheck doctor --config ./sessions.js",
    "NODE_ENV=production coatcheck doctor --config ./sessions.js --store postgres://localhost/app --json",
  ]);
  addStoreOptions(command)
    .option("--config <file>", "a module that exports the app's `options`, or its `sessions`")
    .option("--secret-env <variable>", "the variable that has the secrets, the newest first", "SESSION_SECRET");
  return command.action((options: DoctorOptions) => doctor(terminal, options));
}

async function doctor(terminal: Terminal, options: DoctorOptions): Promise<void> {
  const config = options.config === undefined ? undefined : await loadConfig(options.config);
  const checks = [...checkConfiguration(config, options), ...(await checkStore(config, options))];
  const failed = checks.filter(({ status }) => status === "fail").length;
  if (options.json) terminal.printJson({ ok: failed === 0, checks });
  else printChecks(terminal, checks);
  if (failed > 0) process.exitCode = EXIT.failed;
}

function checkConfiguration(config: AppConfig | undefined, { secretEnv }: DoctorOptions): Check[] {
  const isProduction = process.env["NODE_ENV"] === "production";
  if (config?.options) return checkAllOptions(config.options, isProduction);
  const remedy = "Export the options from a module, and name it: --config.";
  const unseen = note("options", null, "The cookie, the limits and encryption were not seen.", remedy);
  if (config?.manager) {
    return [ok("manager", null, `The app's cookie is ${printable(config.manager.cookieName)}.`), unseen];
  }
  const secrets = listOf(process.env[secretEnv]);
  return [...checkSecrets(secrets.length > 0 ? secrets : undefined, secretEnv, isProduction), unseen];
}

async function checkStore(config: AppConfig | undefined, options: DoctorOptions): Promise<Check[]> {
  const own = config?.options?.store;
  // The app's embedded store says where it is.
  const path: unknown = own && Reflect.get(own, "path");
  const named = options.store ?? (typeof path === "string" ? path : undefined);
  // What the app has opened itself is its store, whatever lies in the default place.
  if (named === undefined && config && (own || config.manager)) return [await reachAppsStore(config)];
  const address = named === undefined ? defaultAddress() : parseAddress(named);
  if (address === undefined) return [NO_STORE];
  const directory = address.kind === "sqlite" ? checkDirectory(address.target) : [];
  if (address.kind === "sqlite" && (!hasDatabase(address) || directory.some(({ status }) => status === "fail"))) {
    return directory;
  }
  try {
    return await withStoreAt(address, options, async (opened) => [
      ...(await reach(opened)),
      ...directory,
      ...(await checkServer(opened, options)),
    ]);
  } catch (error) {
    if (error instanceof CliError && error.exitCode === EXIT.usage) throw error;
    return [fail("store", null, explain(error).message, null), ...directory];
  }
}

const NO_STORE: Check = note(
  "store",
  null,
  "No store was looked at.",
  "Name it: --store, COATCHECK_STORE, or `store` in the options of --config.",
);

async function reach({ address, kind, store }: OpenedStore): Promise<Check[]> {
  // A table that is not there is told by the checks of the server.
  if (kind !== "postgres") await store.load(keyOfId(""));
  return [ok("store", null, `The store at ${printable(address.shown)} answers.`)];
}

async function checkServer(opened: OpenedStore, { table = DEFAULT_TABLE }: DoctorOptions): Promise<Check[]> {
  if (opened.kind === "redis") return checkRedis(opened.redis, opened.address);
  return opened.kind === "postgres" ? checkPostgres(opened.postgres, opened.address, table) : [];
}

/** A store that the app has opened: it can be asked, and its server can't. */
async function reachAppsStore({ options, manager }: AppConfig): Promise<Check> {
  try {
    await (manager ? manager.inspect(keyOfId("")) : options?.store?.load(keyOfId("")));
  } catch (error) {
    return fail("store", null, explain(error).message, null);
  }
  const name = manager?.storeName ?? options?.store?.name ?? "";
  return note(
    "store",
    null,
    `The app's store (${printable(name)}) answers.`,
    "Give --store to look at its server, too.",
  );
}

function printChecks({ print, note, colors }: Terminal, checks: readonly Check[]): void {
  const paint = { ok: colors.green, note: colors.cyan, warn: colors.yellow, fail: colors.red };
  for (const { status, row, message, remedy } of checks) {
    print(`${paint[status](status.padEnd(4))}  ${(row ?? "").padEnd(3)}  ${printable(message)}`);
    if (remedy !== null) print(`           ${colors.dim(printable(remedy))}`);
  }
  const failed = checks.filter(({ status }) => status === "fail").length;
  const warned = checks.filter(({ status }) => status === "warn").length;
  note(`${countOf(checks.length, "check")}, ${failed} failed, ${countOf(warned, "warning")}.`);
}
