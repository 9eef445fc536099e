// One environment for all stores of this process on one directory: opened by the first, closed by the last. Writers of one
// process that don't know each other could not build on what the other has under way.
import { statSync } from "node:fs";
import { join } from "node:path";

export interface Lease<Value> {
  readonly value: Value;
  release(): Promise<void>;
}

/** A function that leases what is open in a directory, and opens it where nothing is. */
export function createSharing<Value>(
  open: (directory: string) => Value,
  close: (value: Value) => Promise<void>,
): (directory: string) => Lease<Value> {
  const shared = new Map<string, { readonly value: Value; users: number }>();
  return (directory) => {
    const present = fileOf(directory);
    const entry = shared.get(present ?? "") ?? { value: open(directory), users: 0 };
    const file = fileOf(directory) ?? directory;
    shared.set(file, entry);
    entry.users++;
    return {
      value: entry.value,
      async release() {
        if (--entry.users > 0) return;
        shared.delete(file);
        await close(entry.value);
      },
    };
  };
}

/** Which file it is, rather than its path: a directory that was removed and made again is another one. */
function fileOf(directory: string): string | undefined {
  const stats = statSync(join(directory, "data.mdb"), { bigint: true, throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}
