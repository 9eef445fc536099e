// Where a store is, by the text that names it: redis://, rediss://, postgres://, postgresql://, sqlite:, or a directory.
// It knows no client.
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { defaultDirectory } from "../../stores/shared/private-directory.ts";
import { DATABASE_FILE } from "../../stores/sqlite/files.ts";
import { usageError } from "../exit.ts";

type StoreKind = "redis" | "postgres" | "sqlite";

export interface Address {
  readonly kind: StoreKind;
  /** For the client: the URL, or the absolute path. It may hold a password. */
  readonly target: string;
  /** For people: without user and password. */
  readonly shown: string;
}

const KINDS: Readonly<Record<string, StoreKind>> = {
  "redis:": "redis",
  "rediss:": "redis",
  "postgres:": "postgres",
  "postgresql:": "postgres",
};

/** @throws CliError when the text is no address of a store. */
export function parseAddress(text: string): Address {
  const directory = /^sqlite:(?:\/\/)?(.+)$/i.exec(text)?.[1];
  if (directory !== undefined) return directoryAt(resolve(directory));
  const protocol = /^[a-z][a-z\d+.-]*:(?=\/\/)/i.exec(text)?.[0].toLowerCase();
  if (protocol === undefined) return directoryAt(resolve(text));
  const kind = KINDS[protocol];
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!kind || !url) {
    throw usageError(
      `${kind ? "The store's URL can't be read" : `No store has addresses that begin with ${protocol}//`}. ` +
        "Give redis://host:6379, rediss://…, postgres://user@host/database, sqlite:./directory, or the path of a directory.",
    );
  }
  return { kind, target: text, shown: withoutCredentials(url) };
}

/** The store that no option names: the embedded one, where an app started in this directory keeps it by default. */
export function defaultAddress(): Address | undefined {
  const directory = directoryAt(defaultDirectory());
  return hasDatabase(directory) ? directory : undefined;
}

/** Whether there is an embedded store in the directory already: a look must not make one. */
export function hasDatabase({ target }: Address): boolean {
  return statSync(join(target, DATABASE_FILE), { throwIfNoEntry: false })?.isFile() === true;
}

/** Whether the connection stays on this machine. */
export function isLocal({ target }: Address): boolean {
  const { hostname } = new URL(target);
  return ["", "localhost", "127.0.0.1", "[::1]"].includes(hostname);
}

function directoryAt(path: string): Address {
  return { kind: "sqlite", target: path, shown: path };
}

/** Parameters may hold a password, too. */
function withoutCredentials(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}
