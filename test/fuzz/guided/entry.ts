// What the coverage-guided fuzzer calls: its bytes are a text for targets that read texts, and choices for all others.
import { assertPlainPrototype, assertUnchanged, takeSnapshot } from "../intrinsics.ts";
import { randomOfBytes } from "../random.ts";
import { targets } from "../targets.ts";

const name = process.env["COATCHECK_FUZZ_TARGET"];
const target = targets.find((each) => each.name === name);
if (!target) throw new Error(`COATCHECK_FUZZ_TARGET is ${name}, and no target`);
const subject = await target.prepare();
const before = takeSnapshot();
/** How many cases share one look at all intrinsics. */
const LOOK_EVERY = 1_000;
let cases = 0;

export function fuzz(data: Buffer): void | Promise<void> {
  const input = subject.ofText && data.length % 4 !== 3 ? subject.ofText(textOf(data)) : generated(data);
  const checked = subject.check(input);
  return checked instanceof Promise ? checked.then(look) : look();
}

function generated(data: Buffer): unknown {
  return subject.generate(randomOfBytes(data));
}

/** In the encodings that texts come in; UTF-16 reaches what UTF-8 can't spell. */
function textOf(data: Buffer): string {
  if (data.length % 4 === 0) return data.toString("utf16le");
  return data.toString(data.length % 4 === 1 ? "latin1" : "utf8");
}

function look(): void {
  assertPlainPrototype();
  if (++cases % LOOK_EVERY === 0) assertUnchanged(before);
}
