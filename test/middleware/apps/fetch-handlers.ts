// Handlers that turn a Request into a Response: for the fetch adapter, Hono, and Next's route handlers.
import { setImmediate as nextTurn } from "node:timers/promises";
import { gzipped, lines, png } from "../files.ts";
import type { CaseInfo } from "../framework.ts";
import type { Note } from "../handler.ts";

export interface FetchCase extends CaseInfo {
  readonly handle: (request: Request, note: Note) => Response | Promise<Response>;
}

function fetchCase(name: string, handle: FetchCase["handle"], info: Omit<CaseInfo, "name"> = {}): FetchCase {
  return { name: `fetch: ${name}`, handle, ...info };
}

const encoder = new TextEncoder();
const HTML = { headers: { "Content-Type": "text/html; charset=utf-8" } };
const rows = Array.from({ length: 100 }, (_, index) => ({ index, text: "a row of a table" }));

/** A stream whose pieces come a turn apart. */
function streamOf(pieces: Iterable<string>, note?: Note): ReadableStream<Uint8Array> {
  const left = [...pieces];
  return new ReadableStream({
    async pull(controller) {
      const piece = left.shift();
      await nextTurn();
      if (piece === undefined) controller.close();
      else controller.enqueue(encoder.encode(piece));
    },
    cancel: () => note?.("cancelled"),
  });
}

function failing(pieces: readonly string[]): ReadableStream<Uint8Array> {
  const left = [...pieces];
  return new ReadableStream({
    async pull(controller) {
      const piece = left.shift();
      await nextTurn();
      if (piece === undefined) throw new Error("the source's own");
      controller.enqueue(encoder.encode(piece));
    },
  });
}

export const fetchHandlers: readonly FetchCase[] = [
  fetchCase("text", () => new Response(lines(5_000))),
  fetchCase("html", () => new Response(lines(5_000), HTML)),
  fetchCase("json", () => Response.json(rows)),
  fetchCase("json of a status", () => Response.json({ made: true }, { status: 201, statusText: "Made" })),
  fetchCase("bytes", () => new Response(png, { headers: { "Content-Type": "image/png" } })),
  fetchCase("a blob", () => new Response(new Blob([lines(2_000)], { type: "text/plain" }))),
  fetchCase("a form", () => new Response(new URLSearchParams({ a: "1", b: "2" }))),
  fetchCase("nothing", () => new Response()),
  fetchCase("null", () => new Response(null, { status: 200 })),
  fetchCase("an empty text", () => new Response("")),
  fetchCase("204", () => new Response(null, { status: 204 })),
  fetchCase("304", () => new Response(null, { status: 304, headers: { "X-Own": "a" } })),
  fetchCase("404", () => new Response("none", { status: 404 })),
  fetchCase("redirect", () => new Response(null, { status: 302, headers: { Location: "/elsewhere" } })),
  fetchCase("redirect, whose headers can't be changed", () => Response.redirect("http://localhost/elsewhere", 303)),
  fetchCase("headers", () => {
    const headers = new Headers({ "X-Own": "a", Link: "</style.css>; rel=preload" });
    headers.append("Set-Cookie", "theme=dark");
    headers.append("Set-Cookie", "lang=en");
    headers.append("X-Own", "b");
    return new Response("text", { headers });
  }),
  fetchCase("a length of the app's own", () => new Response(lines(300), { headers: { "Content-Length": "300" } })),
  fetchCase("a stream", () => new Response(streamOf(["one,", "two,", "three"]), HTML)),
  fetchCase("a stream of large pieces", () => {
    const pieces = Array.from({ length: 20 }, () => lines(20_000));
    return new Response(streamOf(pieces), { headers: { "Content-Type": "application/octet-stream" } });
  }),
  fetchCase("a stream that is there at once", () => {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(encoder.encode(lines(300)));
        controller.close();
      },
    });
    return new Response(stream, HTML);
  }),
  fetchCase("an empty stream", () => new Response(streamOf([]), HTML)),
  fetchCase("events", () => {
    const pieces = ["data: 0\n\n", "data: 1\n\n", "data: 2\n\n"];
    return new Response(streamOf(pieces), { headers: { "Content-Type": "text/event-stream" } });
  }),
  fetchCase("a stream with a length", () => {
    return new Response(streamOf(["one,", "two!"]), { headers: { "Content-Length": "8" } });
  }),
  fetchCase("gzip of the app's own", () => {
    return new Response(gzipped, { headers: { "Content-Type": "text/html", "Content-Encoding": "gzip" } });
  }),
  fetchCase("a copy of another response", async () => {
    const other = new Response(streamOf(["one,", "two"]), { status: 203, headers: { "X-Own": "a" } });
    await nextTurn();
    return new Response(other.body, other);
  }),
  fetchCase("a body that is read", async (request) => new Response(`${request.method} ${await request.text()}`), {
    request: { method: "POST", headers: { "content-type": "text/plain" }, body: "the request's own" },
  }),
  fetchCase("an echo", (request) => new Response(request.body, HTML), {
    request: { method: "POST", headers: { "content-type": "text/plain" }, body: lines(5_000) },
  }),
  fetchCase("HEAD of a text", () => new Response(lines(5_000), HTML), { request: { method: "HEAD" } }),
  fetchCase("without gzip", () => new Response(lines(5_000), HTML), {
    request: { headers: { "accept-encoding": "identity" } },
  }),
  fetchCase("a client that leaves", (_request, note) => new Response(endless(note), HTML), {
    isCut: true,
    request: { client: "leaves" },
  }),
  fetchCase("a stream that fails midway", () => new Response(failing(["one,"]), HTML), { isCut: true }),
  fetchCase(
    "throw",
    () => {
      throw new Error("the app's own");
    },
    { throws: true },
  ),
  fetchCase("reject", () => Promise.reject(new Error("the app's own")), { throws: true }),
];

/** Goes on until the client has left. */
function endless(note: Note): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      await nextTurn();
      controller.enqueue(encoder.encode("more\n"));
    },
    cancel: () => note("cancelled"),
  });
}
