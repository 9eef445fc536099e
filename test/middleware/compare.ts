// Compares what an app with sessions did with what the same app did without. For a store that fails there is nothing to
// compare with: the answer must be a whole 503, told to the loggers too.
import type { Answer, Wire } from "./answer.ts";
import type { CaseInfo, Framework } from "./framework.ts";
import type { StoreMode } from "./stores.ts";

/** All that was seen of one case. */
export interface Observed {
  readonly wire: Wire;
  /** What the app saw, in order. */
  readonly events: readonly string[];
  /** Statuses that loggers wrote down. */
  readonly logged: readonly string[];
  /** Whether every response of the case was closed to the app. */
  readonly isClosed: boolean;
  /** Errors that would have ended the process. */
  readonly crashes: readonly string[];
}

export interface Judged {
  readonly info: CaseInfo;
  readonly mode: StoreMode;
  readonly framework: Framework;
  readonly reference: Observed;
  readonly observed: Observed;
}

/** @returns What differs, in one short line; `undefined` where all is the same. */
export function differenceOf(judged: Judged): string | undefined {
  const { observed, reference, mode } = judged;
  if (String(observed.crashes) !== String(reference.crashes)) return `crash: ${observed.crashes.join(", ") || "none"}`;
  // The process would have ended without sessions too: what comes after counts for nothing.
  if (reference.crashes.length > 0) return undefined;
  return mode.fails ? failureOf(judged) : (wireDifference(judged) ?? viewDifference(judged) ?? cookieFault(judged));
}

function wireDifference({ info, framework, reference, observed }: Judged): string | undefined {
  const [{ wire: expected }, { wire: found }] = [reference, observed];
  const [wanted, got] = [describe(expected), describe(found)];
  if (found.end === "hang" && expected.end !== "hang") return `hang: ${got}, without sessions ${wanted}`;
  if (info.isCut && isCut(expected)) return cutDifference(expected, found);
  if (JSON.stringify(expected.informational) !== JSON.stringify(found.informational)) {
    return `1xx: ${found.informational.join() || "none"}, without sessions ${expected.informational.join() || "none"}`;
  }
  if (expected.answers.length !== found.answers.length) return `${got}, without sessions ${wanted}`;
  for (const [index, answer] of expected.answers.entries()) {
    const difference = answerDifference(answer, found.answers[index], framework);
    if (difference) return difference;
  }
  if (expected.end !== found.end) return `${found.end}, without sessions ${expected.end}`;
  return expected.next === found.next ? undefined : `next request: ${found.next}, without sessions ${expected.next}`;
}

function answerDifference(
  expected: Answer,
  found: Answer | undefined,
  { lowersNames = false }: Framework,
): string | undefined {
  for (const part of ["status", "headers", "body", "trailers", "isWhole"] as const) {
    const shown = (answer: Answer | undefined): string =>
      String(part === "headers" && lowersNames ? answer?.headers.map(lowerName).sort() : answer?.[part]);
    const [wanted, got] = [shown(expected), shown(found)];
    if (wanted !== got) return `${part}: ${around(got, wanted)}, without sessions ${around(wanted, got)}`;
  }
  return undefined;
}

function lowerName(header: string): string {
  const end = header.indexOf(":");
  return header.slice(0, end).toLowerCase() + header.slice(end);
}

function isCut({ answers, end }: Wire): boolean {
  return end === "closed" && (answers.length === 0 || answers.some(({ isWhole }) => !isWhole));
}

/** How much of an answer arrives that the app itself cuts is nobody's promise; but nothing else may arrive. */
function cutDifference(expected: Wire, found: Wire): string | undefined {
  if (!isCut(found)) return `${describe(found)}, without sessions ${describe(expected)}`;
  const [wanted, got] = [expected.answers[0], found.answers[0]];
  if (got === undefined) return undefined;
  const isPart =
    got.status === wanted?.status && (wanted.body.startsWith(got.body) || got.body.startsWith(wanted.body));
  return isPart ? undefined : `${describe(found)}, without sessions ${describe(expected)}`;
}

function viewDifference({ reference, observed }: Judged): string | undefined {
  if (!observed.isClosed && reference.isClosed) return "the app never sees the response close";
  const count = Math.max(reference.events.length, observed.events.length);
  for (let index = 0; index < count; index++) {
    const [wanted = "nothing", got = "nothing"] = [reference.events[index], observed.events[index]];
    if (wanted !== got) return `the app sees "${around(got, wanted)}", without sessions "${around(wanted, got)}"`;
  }
  return undefined;
}

/** A session that was begun must be told to the browser: else it is only the same because nothing happened. */
function cookieFault({ info, mode, framework: { dropsOnError, cookie }, observed }: Judged): string | undefined {
  if (mode.use !== "begin" || info.isCut || (info.throws && dropsOnError)) return undefined;
  return observed.wire.answers.every(({ cookies }) => cookies.includes(cookie)) ? undefined : "the cookie is missing";
}

function failureOf(judged: Judged): string | undefined {
  const { info, reference, observed } = judged;
  const { dropsOnError, cookie } = judged.framework;
  const { wire, logged } = observed;
  if (wire.end === "hang" || wire.next === "hang") return `hang: ${describe(wire)}`;
  if (!observed.isClosed) return "the app never sees the response close";
  if (info.throws && dropsOnError) return wireDifference(judged);
  if ((info.isCut || isCut(reference.wire)) && isCut(wire)) return undefined;
  // Where the app gives no whole answer, the failing store's is one.
  const count = isCut(reference.wire) ? 1 : reference.wire.answers.length;
  // A 503 in the middle of a stream closes the connection, and with it what was pipelined behind.
  const isComplete = wire.answers.length === count || (wire.answers.length > 0 && wire.end === "closed");
  const isRight = isComplete && wire.answers.every(isWhole503);
  if (!isRight) return `${describe(wire)}, and not 503`;
  if (!["served", "closed", "not asked", "none"].includes(wire.next)) return `next request: ${wire.next}`;
  if (wire.answers.some(({ cookies }) => cookies.includes(cookie)))
    return "the cookie is set although nothing is stored";
  const wrong = logged.filter((status) => status !== "503");
  return wrong.length === 0 ? undefined : `a logger sees ${wrong.join()}`;
}

function isWhole503({ status, isWhole }: Answer): boolean {
  return isWhole && status.split(" ")[1] === "503";
}

function describe({ answers, end }: Wire): string {
  const texts = answers.map(({ status, body, isWhole }) => `${status} ${body.length} bytes${isWhole ? "" : " cut"}`);
  return `${texts.join(", ") || "no answer"} (${end})`;
}

const SHOWN = 60;

/** The text from shortly before where it differs. */
function around(text: string, other: string): string {
  let start = 0;
  while (start < text.length && text[start] === other[start]) start++;
  const from = Math.max(0, start - 20);
  const part = text.slice(from, from + SHOWN).replaceAll(/[^\x20-\x7e]/g, ".");
  return `${from > 0 ? "…" : ""}${part}${from + SHOWN < text.length ? "…" : ""}`;
}
