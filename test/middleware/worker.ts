// A process of its own for the cases: some of them would end it. It reads groups from standard input, one JSON a line, and
// writes to standard output, also one JSON a line: each case that begins, and each group's results.
import { createInterface } from "node:readline";
import { closeProxy } from "./proxy.ts";
import { type Group, onCaseBegin, runGroup, runReferenceTwice, watchForCrashes } from "./run.ts";
import { recordedSpans } from "./spans.ts";

// Frameworks and adapters print the errors of the cases, and Next what it does; standard output is for results alone.
for (const method of ["error", "log", "info", "warn"] as const) console[method] = () => {};
process.removeAllListeners("warning");
watchForCrashes();

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

onCaseBegin((began) => say({ began }));
const isReference = process.argv.includes("--reference");
for await (const line of createInterface({ input: process.stdin })) {
  const group = JSON.parse(line) as Group;
  const results = await (isReference ? runReferenceTwice(group) : runGroup(group));
  say({ results, spans: recordedSpans() });
}
await closeProxy();
// A case may leave work behind that never ends.
process.exit(0);
