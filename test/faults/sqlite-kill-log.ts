// What a worker of the kill test tells its parent: a line in a file before each call, and one when it was acknowledged.
// A line in the page cache outlives the process that wrote it.
import { openSync, readFileSync, writeSync } from "node:fs";

/** One call. `field` sets a field of a shared record to a number that grows; `increment` adds one to the counter. */
type Call =
  | { readonly call: "create"; readonly key: string; readonly owner: string }
  | { readonly call: "destroy"; readonly key: string }
  | { readonly call: "replace"; readonly key: string; readonly newKey: string; readonly owner: string }
  | { readonly call: "field"; readonly record: string; readonly field: string; readonly value: number }
  | { readonly call: "increment" };

interface Log {
  begin(call: Call): void;
  acknowledge(call: Call): void;
}

export function openLog(path: string): Log {
  const file = openSync(path, "a", 0o600);
  const write = (kind: string, call: Call): void => void writeSync(file, `${JSON.stringify([kind, call])}\n`);
  return { begin: (call) => write("begin", call), acknowledge: (call) => write("acknowledge", call) };
}

export interface Told {
  readonly begun: readonly Call[];
  readonly acknowledged: readonly Call[];
}

export function readLogs(paths: readonly string[]): Told {
  const begun: Call[] = [];
  const acknowledged: Call[] = [];
  for (const path of paths) {
    // The last line may be cut off: it was not told.
    for (const line of readFileSync(path, "utf8").split("\n").slice(0, -1)) {
      const [kind, call] = JSON.parse(line) as [string, Call];
      (kind === "begin" ? begun : acknowledged).push(call);
    }
  }
  return { begun, acknowledged };
}
