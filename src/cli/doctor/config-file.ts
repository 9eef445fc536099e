// A module of the app that exports its manager or its options. Whatever the module does when it is loaded, happens.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { SessionManager } from "../../core/manager.ts";
import { CliError, EXIT, reasonOf, usageError } from "../exit.ts";
import type { AnyOptions } from "./options.ts";

export interface AppConfig {
  readonly options: AnyOptions | undefined;
  readonly manager: SessionManager<Record<string, unknown>> | undefined;
}

/** @throws CliError when the module can't be loaded, or exports neither. */
export async function loadConfig(file: string): Promise<AppConfig> {
  const path = resolve(file);
  if (!existsSync(path)) throw usageError(`There is no file ${file}. Give the module that makes your sessions.`);
  const loaded = await importModule(path);
  const candidates = ["options", "sessions", "default"].map((name) => Reflect.get(loaded, name) as unknown);
  const manager = candidates.find(isManager);
  const options = candidates.find((each) => isObject(each) && !isManager(each)) as AnyOptions | undefined;
  if (manager || options) return { manager, options };
  const remedy = "Export the options of createSessions as `options`, or what it gives as `sessions`.";
  throw usageError(`${file} exports neither options nor a manager. ${remedy}`);
}

const TYPESCRIPT = /\.[cm]?tsx?$/;

const HOW_TO_RUN_TYPESCRIPT =
  "Node 22.18 or newer runs TypeScript whose types can be erased and whose imports name their files. For other TypeScript, " +
  "load it as your app does: NODE_OPTIONS='--import tsx' npx coatcheck doctor --config <file>, or give the compiled module.";

async function importModule(path: string): Promise<object> {
  try {
    return (await import(pathToFileURL(path).href)) as object;
  } catch (error) {
    const reason = reasonOf(error).replace(/\.$/, "");
    const remedy = TYPESCRIPT.test(path) ? HOW_TO_RUN_TYPESCRIPT : "It must be a module that runs by itself.";
    throw new CliError(EXIT.failed, "CONFIG", `The configuration can't be loaded: ${reason}. ${remedy}`, error);
  }
}

function isManager(value: unknown): value is SessionManager<Record<string, unknown>> {
  return isObject(value) && ["open", "revoke", "sweep"].every((name) => typeof Reflect.get(value, name) === "function");
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
