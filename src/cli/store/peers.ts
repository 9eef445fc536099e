// Loads the packages that users bring: redis and pg. It knows no store.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CliError, EXIT } from "../exit.ts";

type RedisPackage = typeof import("redis");
type PgPackage = typeof import("pg");

export function loadRedis(): Promise<RedisPackage> {
  return load("redis", () => import("redis"));
}

export async function loadPg(): Promise<PgPackage["default"]> {
  const { default: pg } = await load<PgPackage>("pg", () => import("pg"));
  return pg;
}

/** @throws CliError that says what to install. */
async function load<Package>(name: string, importIt: () => Promise<Package>): Promise<Package> {
  try {
    return await importIt();
  } catch (error) {
    if (!isMissing(error)) throw error;
    return await loadOfProject<Package>(name);
  }
}

/** `npx` may have put this program into a folder of its own, from where the project's packages are not seen. */
async function loadOfProject<Package>(name: string): Promise<Package> {
  try {
    const require = createRequire(join(process.cwd(), "coatcheck.cjs"));
    return (await import(pathToFileURL(require.resolve(name)).href)) as Package;
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new CliError(
      EXIT.failed,
      "MISSING_PACKAGE",
      `The package ${name} is needed for this store, and it is not installed. Run: npm install ${name}`,
      error,
    );
  }
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
}
