// An answer in a form that can be compared, whichever protocol it came by.
import { createHash } from "node:crypto";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";

/**
 * How a client behaves: `slow` pauses once before it reads, `trickle` again and again, `leaves` goes away after the first
 * bytes of a body, `last` sends no further request.
 */
export type Behaviour = "plain" | "slow" | "trickle" | "expect" | "pipeline" | "leaves" | "last";

/** What a client sends. */
export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly version?: "1.0" | "1.1";
  readonly client?: Behaviour;
}

/** An answer as it came over the wire. */
export interface Answer {
  /** `HTTP/1.1 200 OK` */
  readonly status: string;
  /** Headers of the head, sorted by name, without those that a session may change. */
  readonly headers: readonly string[];
  /** Decoded; or what is wrong with the coding. A large body is given by its length and its hash. */
  readonly body: string;
  readonly trailers: readonly string[];
  /** Whether the framing says that all of it came. */
  readonly isWhole: boolean;
  /** The names of the cookies that it sets. Not compared. */
  readonly cookies: readonly string[];
  /** Their `name=value`, as a browser sends them back. */
  readonly cookiePairs: readonly string[];
}

export interface Wire {
  /** Heads of 1xx, in order. */
  readonly informational: readonly string[];
  readonly answers: readonly Answer[];
  /** How it ended: with the answer, with the connection, or not at all. */
  readonly end: "answered" | "closed" | "hang";
  /** What became of a further request on the connection. */
  readonly next: string;
}

/** Ends the wait for an answer that never comes; so long that no busy machine reaches it. In ms. */
export const HANG = 10_000;

/** The same for a client that reads 100 MB with pauses. */
const LONG_HANG = 120_000;

/** How long a client may wait for an answer, in ms. */
export function limitOf({ client }: RawRequest): number {
  return client === "trickle" ? LONG_HANG : HANG;
}

/** How long a slow client reads nothing, in ms. */
const SLOW_PAUSE = 100;
/** Of a client that trickles, the bytes between two pauses, and how long each is, in ms. */
const TRICKLE = 2_000_000;
const TRICKLE_PAUSE = 5;

/** A stream that can be read with pauses. */
interface Pausable {
  pause(): unknown;
  resume(): unknown;
  on(event: "data", listener: (chunk: Buffer) => void): unknown;
}

/** Makes a client read slowly. */
export function slowDown(stream: Pausable, { client }: RawRequest): void {
  const pause = (ms: number): void => {
    stream.pause();
    setTimeout(() => stream.resume(), ms);
  };
  if (client === "slow") pause(SLOW_PAUSE);
  if (client !== "trickle") return;
  let left = TRICKLE;
  stream.on("data", (chunk) => {
    left -= chunk.length;
    if (left > 0) return;
    left = TRICKLE;
    pause(TRICKLE_PAUSE);
  });
}

/** Headers that differ with sessions, or from one moment to the next. */
const IGNORED = new Set(["set-cookie", "vary", "cache-control", "date", "etag", "x-response-time"]);

/** Bodies longer than this are compared by their hash. */
const LARGE = 100_000;

export type HeaderPairs = readonly (readonly [name: string, value: string])[];

export interface RawAnswer {
  readonly status: string;
  readonly headers: HeaderPairs;
  readonly body: readonly Buffer[];
  readonly trailers: readonly string[];
  readonly isWhole: boolean;
}

export function answerFrom({ status, headers, body, trailers, isWhole }: RawAnswer): Answer {
  const cookiePairs = valuesOf(headers, "set-cookie").map((text) => text.split(";")[0] ?? "");
  return {
    status,
    headers: shownHeaders(headers),
    body: decoded(valuesOf(headers, "content-encoding")[0], Buffer.concat(body), isWhole),
    trailers,
    isWhole,
    cookies: cookiePairs.map((pair) => pair.slice(0, pair.indexOf("="))),
    cookiePairs,
  };
}

export function shownHeaders(headers: HeaderPairs): string[] {
  return headers
    .filter(([name]) => !IGNORED.has(name.toLowerCase()))
    .map(([name, value]) => `${name}: ${value}`)
    .sort();
}

function valuesOf(headers: HeaderPairs, asked: string): string[] {
  return headers.filter(([name]) => name.toLowerCase() === asked).map(([, value]) => value);
}

/** The body without its coding. Of one that was cut, what came. */
function decoded(coding: string | undefined, body: Buffer, isWhole: boolean): string {
  if (coding === undefined || body.length === 0) return text(body, isWhole);
  if (!isWhole) return `cut, under ${coding}`;
  try {
    return text(decode(coding, body), isWhole);
  } catch (error) {
    return `not ${coding}: ${Reflect.get(Object(error), "code")}`;
  }
}

function text(body: Buffer, isWhole: boolean): string {
  if (!isWhole || body.length <= LARGE) return body.toString("latin1");
  return `${body.length} bytes, SHA-256 ${createHash("sha256").update(body).digest("hex")}`;
}

function decode(coding: string, body: Buffer): Buffer {
  if (coding === "gzip") return gunzipSync(body);
  if (coding === "br") return brotliDecompressSync(body);
  if (coding === "deflate") return inflateSync(body);
  return body;
}
