// A client for HTTP/2 that reports what it sees in the same form as client.ts.
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import {
  type Answer,
  answerFrom,
  type HeaderPairs,
  limitOf,
  type RawRequest,
  shownHeaders,
  slowDown,
  type Wire,
} from "./answer.ts";

export async function askHttp2(
  port: number,
  path: string,
  request: RawRequest,
  headers: Readonly<Record<string, string>>,
  crashed?: AbortSignal,
): Promise<Wire> {
  const session = connect(`http://127.0.0.1:${port}`);
  const giveUp = (): void => session.destroy();
  crashed?.addEventListener("abort", giveUp);
  // Each stream tells of its own.
  session.on("error", () => {});
  try {
    const { answer, end, informational } = await get(session, path, request, headers);
    const next = end === "answered" ? await nextOn(session) : "none";
    return { informational, answers: answer ? [answer] : [], end, next };
  } finally {
    crashed?.removeEventListener("abort", giveUp);
    session.destroy();
  }
}

async function nextOn(session: ClientHttp2Session): Promise<string> {
  const { answer } = await get(session, "/--next", {}, {});
  return answer?.body === "next" ? "served" : `${answer?.status} ${answer?.body}`;
}

interface Got {
  readonly answer: Answer | undefined;
  readonly end: Wire["end"];
  readonly informational: readonly string[];
}

async function get(
  session: ClientHttp2Session,
  path: string,
  request: RawRequest,
  headers: Readonly<Record<string, string>>,
): Promise<Got> {
  const { method = "GET", body, client } = request;
  const all = { "accept-encoding": "gzip", ...headers, ...request.headers };
  const stream = session.request({ ...all, ":path": path, ":method": method }, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const informational: string[] = [];
  const pieces: Buffer[] = [];
  let head: IncomingHttpHeaders | undefined;
  let trailers: readonly string[] = [];
  let isWhole = false;
  let isHanging = false;
  stream.on("headers", (early) => informational.push(shown(early).join("; ")));
  stream.on("response", (response) => {
    head = response;
  });
  stream.on("trailers", (sent) => {
    trailers = shown(sent);
  });
  stream.on("data", (piece: Buffer) => {
    pieces.push(piece);
    if (client === "leaves") stream.close(8);
  });
  slowDown(stream, request);
  stream.on("end", () => {
    isWhole = true;
  });
  // A stream that is reset is a closed one.
  stream.on("error", () => {});
  await new Promise<void>((resolve) => {
    const limit = setTimeout(() => {
      isHanging = true;
      resolve();
    }, limitOf(request));
    stream.on("close", () => {
      clearTimeout(limit);
      resolve();
    });
  });
  isWhole &&= stream.rstCode === 0;
  const answer = head && answerOf(head, pieces, trailers, isWhole);
  return { answer, end: endOf(isHanging, isWhole), informational };
}

function endOf(isHanging: boolean, isWhole: boolean): Wire["end"] {
  if (isHanging) return "hang";
  return isWhole ? "answered" : "closed";
}

function answerOf(
  head: IncomingHttpHeaders,
  body: readonly Buffer[],
  trailers: readonly string[],
  isWhole: boolean,
): Answer {
  return answerFrom({ status: `HTTP/2 ${head[":status"]}`, headers: pairsOf(head), body, trailers, isWhole });
}

function shown(headers: IncomingHttpHeaders): string[] {
  return shownHeaders(pairsOf(headers));
}

function pairsOf(headers: IncomingHttpHeaders): HeaderPairs {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((each): [string, string] => [name, each]),
  );
}
