// A million forged cookies: npm run node -- test/flask-cookie/million.ts [count] [seed]
// Exits with 1 when anything but a refusal or a valid reading happens, a prototype changes, or memory grows.
import { createManager } from "../../src/core/manager.ts";
import { type FlaskCookie, flaskCookieStore, readFlaskCookie } from "../../src/flask-cookie/index.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { NOW, SECRET } from "./forgeries.ts";
import { fuzzCookies, MAX_HEAP_GROWTH } from "./fuzz.ts";

const [count = 1_000_000, seed = 1] = process.argv.slice(2).map(Number);

const clock = (): number => NOW * 1000;
const store = flaskCookieStore({ secret: SECRET, clock });
const sessions = createManager<Record<string, unknown>>(
  { secret: "hq2L0bUe7y9wTz4vNn3rKx8cPd5fGj6m", store, clock, cookie: { name: "session" } },
  memoryStore,
);

let read = 0;
/** Every tenth is a session's cookie as well, where its text is one that a header can carry. */
function readBoth(cookie: string): FlaskCookie {
  const result = readFlaskCookie(cookie, { secret: SECRET, now: NOW });
  if (++read % 10 === 0) {
    const opened = sessions.open(`session=${cookie}`);
    if (opened instanceof Promise) throw new Error("This store answers at once.");
    if (opened.session.isNew === (result.verdict === "valid") && !/[;\s]/.test(cookie)) {
      throw new Error(`The store judges it in another way: ${result.verdict}.`);
    }
  }
  return result;
}

const began = performance.now();
let said = began;
const { wrongs, verdicts, heapGrowth, refusals, longest, worst } = fuzzCookies({
  count,
  seed,
  read: readBoth,
  onProgress(done) {
    if (performance.now() - said < 2_000) return;
    said = performance.now();
    console.log(`${done} of ${count}, ${Math.round(done / ((said - began) / 1000))} a second`);
  },
});

const seconds = (performance.now() - began) / 1000;
const percentile = (part: number): string => (refusals[Math.floor((refusals.length - 1) * part)] ?? 0).toFixed(3);
console.log(
  `${count} cookies of seed ${seed} in ${seconds.toFixed(1)} s, ${Math.round(count / seconds)} a second, made and judged`,
);
console.log(
  Object.entries(verdicts)
    .map(([verdict, times]) => `${verdict}: ${times}`)
    .join(", "),
);
console.log(
  `Refusals, in ms: median ${percentile(0.5)}, 99% ${percentile(0.99)}, 99.99% ${percentile(0.9999)}, worst ${percentile(1)} ` +
    `(${worst.kind}, ${worst.bytes} characters); with what came in between, the longest took ${longest.toFixed(1)}`,
);
console.log(`Heap after the second half: ${heapGrowth >= 0 ? "+" : ""}${heapGrowth} bytes (bound ${MAX_HEAP_GROWTH})`);
for (const wrong of wrongs) console.log(`WRONG: ${wrong}`);
process.exitCode = wrongs.length === 0 ? 0 : 1;
