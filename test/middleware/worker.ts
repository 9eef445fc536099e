// A process of its own for the cases: some of them would end it. It reads groups from standard input, one JSON a line, and
// writes a line for each group when it is done.
import { createInterface } from "node:readline";
import { closeProxy } from "./proxy.ts";
import { type Group, runGroup, runReferenceTwice, watchForCrashes } from "./run.ts";

// Frameworks and adapters print the errors of the cases.
console.error = () => {};
process.removeAllListeners("warning");
watchForCrashes();

const isReference = process.argv.includes("--reference");
for await (const line of createInterface({ input: process.stdin })) {
  const group = JSON.parse(line) as Group;
  const results = await (isReference ? runReferenceTwice(group) : runGroup(group));
  process.stdout.write(`${JSON.stringify(results)}\n`);
}
await closeProxy();
