// The handlers of the differential suite: one for each way in which an app may answer. None of them knows a session.
import { once } from "node:events";
import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import serveStatic from "serve-static";
import { expressHandlers } from "./express-handlers.ts";
import { files, gzipped, lines, png } from "./files.ts";
import type { HandlerCase, Next, Note } from "./handler.ts";
import { proxyAndRewrite, proxyTo } from "./proxy.ts";

const form = { "content-type": "application/x-www-form-urlencoded" };

/** Answers with what a response says of itself. */
function viewOf(res: ServerResponse): string {
  const { headersSent, writableEnded, writableFinished, finished, statusCode, destroyed } = res;
  return JSON.stringify({ headersSent, writableEnded, writableFinished, finished, statusCode, destroyed });
}

/** Runs what may throw, and notes how. */
function attempt(note: Note, what: string, run: () => unknown): void {
  try {
    run();
    note(`${what}: done`);
  } catch (error) {
    note(`${what}: ${Reflect.get(Object(error), "code") ?? error}`);
  }
}

function html(res: ServerResponse): void {
  res.setHeader("Content-Type", "text/html; charset=utf-8");
}

async function writeWithRegard(res: ServerResponse, pieces: Iterable<string | Buffer>): Promise<void> {
  for (const piece of pieces) {
    if (!res.write(piece)) await once(res, "drain");
  }
  res.end();
}

const nodeHandlers: readonly HandlerCase[] = [
  // A whole answer.
  {
    name: "end text",
    handle: (_req, res) => {
      html(res);
      res.end(lines(5_000));
    },
  },
  { name: "end nothing", handle: (_req, res) => res.end() },
  { name: "end a short text", handle: (_req, res) => res.end("short") },
  {
    name: "end with a length",
    handle: (_req, res) => {
      html(res);
      res.setHeader("Content-Length", 5_000);
      res.end(lines(5_000));
    },
  },
  {
    name: "end with a callback",
    handle: (_req, res, _next, note) => {
      html(res);
      res.end(lines(2_000), () => note("end callback"));
    },
  },
  {
    name: "end with an encoding and a callback",
    handle: (_req, res, _next, note) => res.end("caf\u00e9", "latin1", () => note("end callback")),
  },
  { name: "end a buffer", handle: (_req, res) => res.end(png) },
  { name: "end hex", handle: (_req, res) => res.end(Buffer.from("written in hex").toString("hex"), "hex") },
  { name: "end utf16le", handle: (_req, res) => res.end("written in utf16", "utf16le") },
  { name: "end a typed array", handle: (_req, res) => res.end(new Uint8Array([104, 105])) },
  {
    name: "a body that looks like a head",
    handle: (_req, res) => {
      res.write("HTTP/1.1 200 OK\r\n\r\n");
      res.end("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
    },
  },
  // Pieces.
  {
    name: "two writes",
    handle: (_req, res) => {
      html(res);
      res.write(lines(2_000));
      res.write(lines(2_000));
      res.end();
    },
  },
  {
    name: "write, then end with a callback",
    handle: (_req, res, _next, note) => {
      html(res);
      res.write("first,");
      res.end("last", () => note("end callback"));
    },
  },
  {
    name: "write callbacks",
    handle: (_req, res, _next, note) => {
      html(res);
      res.write("one,", () => note("first written"));
      res.write("two,", "utf8", () => note("second written"));
      res.end("three", () => note("end callback"));
    },
  },
  {
    name: "wait for a write callback",
    handle: (_req, res, _next, note) => {
      res.write("one,", () => {
        note("written");
        res.end("two");
      });
    },
  },
  {
    name: "writes of many encodings",
    handle: (_req, res) => {
      res.write("6f6e652c", "hex");
      res.write(Buffer.from("two,"));
      res.write("dGhyZWU=", "base64");
      res.end("four", "utf16le");
    },
  },
  {
    name: "write nothing, then text",
    handle: (_req, res) => {
      res.write("");
      res.end("text");
    },
  },
  {
    name: "writes a turn apart",
    handle: async (_req, res) => {
      html(res);
      for (const piece of ["one,", "two,", "three"]) {
        res.write(piece);
        await nextTurn();
      }
      res.end();
    },
  },
  {
    name: "cork and uncork",
    handle: (_req, res) => {
      html(res);
      res.cork();
      res.write("one,");
      res.write("two,");
      res.uncork();
      res.end("three");
    },
  },
  {
    name: "end while corked",
    handle: (_req, res) => {
      res.cork();
      res.write("one,");
      res.end("two");
    },
  },
  {
    name: "write a length of one's own",
    handle: (_req, res) => {
      res.setHeader("Content-Length", 8);
      res.write("one,");
      res.end("two!");
    },
  },
  // Streams.
  {
    name: "pipe small pieces",
    handle: (_req, res) => {
      html(res);
      Readable.from(Array.from({ length: 20 }, (_, index) => `${lines(60)}${index}\n`)).pipe(res);
    },
  },
  {
    name: "pipe large pieces",
    handle: (_req, res) => {
      html(res);
      createReadStream(files.large).pipe(res);
    },
  },
  {
    name: "pipe what gzip leaves alone",
    handle: (_req, res) => {
      res.setHeader("Content-Type", "image/png");
      createReadStream(files.large).pipe(res);
    },
  },
  {
    name: "pipeline of rows",
    handle: async (_req, res, _next, note) => {
      html(res);
      await pipeline(Readable.from(Array.from({ length: 50 }, (_, index) => `row ${index}\n`)), res);
      note("pipeline done");
    },
  },
  {
    name: "pipeline of one piece",
    handle: (_req, res) => {
      html(res);
      return pipeline(createReadStream(files.small), res);
    },
  },
  {
    name: "write with regard to drain",
    handle: (_req, res) => {
      html(res);
      return writeWithRegard(
        res,
        Array.from({ length: 40 }, () => lines(16_000)),
      );
    },
  },
  {
    name: "write without regard to drain",
    handle: (_req, res) => {
      res.setHeader("Content-Type", "application/octet-stream");
      for (let count = 0; count < 40; count++) res.write(lines(16_000));
      res.end();
    },
  },
  {
    name: "write says when it is full",
    handle: (_req, res, _next, note) => {
      res.setHeader("Content-Type", "application/octet-stream");
      note(`a small piece: ${res.write("small")}`);
      note(`a large piece: ${res.write(Buffer.alloc(300_000, "x"))}`);
      res.end();
    },
  },
  {
    name: "a slow client of 3 MB",
    request: { client: "slow" },
    handle: (_req, res) => {
      res.setHeader("Content-Type", "application/octet-stream");
      return writeWithRegard(
        res,
        Array.from({ length: 48 }, () => Buffer.alloc(65_536, "x")),
      );
    },
  },
  {
    name: "100 MB to a slow client",
    isHeavy: true,
    request: { client: "trickle" },
    handle: async (_req, res, _next, note) => {
      const piece = Buffer.alloc(65_536, "x");
      let most = 0;
      res.setHeader("Content-Type", "application/octet-stream");
      for (let count = 0; count < 1_600; count++) {
        const mayGoOn = res.write(piece);
        most = Math.max(most, res.writableLength);
        if (!mayGoOn) await once(res, "drain");
      }
      res.end();
      note(`most that was buffered: ${most <= 2 * piece.length ? "two pieces or less" : most}`);
    },
  },
  // Server-sent events.
  {
    name: "events",
    handle: async (_req, res) => {
      res.setHeader("Content-Type", "text/event-stream");
      for (let count = 0; count < 3; count++) {
        res.write(`data: ${count}\n\n`);
        await nextTurn();
      }
      res.end();
    },
  },
  {
    name: "events after flushHeaders",
    handle: async (_req, res) => {
      res.setHeader("Content-Type", "text/event-stream");
      res.flushHeaders();
      for (let count = 0; count < 3; count++) {
        res.write(`data: ${count}\n\n`);
        await nextTurn();
      }
      res.end();
    },
  },
  {
    name: "events, each flushed",
    handle: async (_req, res) => {
      res.setHeader("Content-Type", "text/event-stream");
      res.flushHeaders();
      for (let count = 0; count < 3; count++) {
        res.write(`data: ${count}\n\n`);
        flush(res);
        await nextTurn();
      }
      res.end();
    },
  },
  {
    name: "events, written and flushed at once",
    handle: (_req, res) => {
      res.setHeader("Content-Type", "text/event-stream");
      res.flushHeaders();
      res.write("data: 0\n\n");
      flush(res);
      res.end("data: 1\n\n");
    },
  },
  {
    name: "flushHeaders, then end",
    handle: (_req, res) => {
      html(res);
      res.flushHeaders();
      res.end(lines(2_000));
    },
  },
  {
    name: "flushHeaders twice",
    handle: (_req, res) => {
      res.flushHeaders();
      res.flushHeaders();
      res.end("text");
    },
  },
  // Heads.
  {
    name: "writeHead with a status",
    handle: (_req, res) => {
      res.writeHead(201);
      res.end("made");
    },
  },
  {
    name: "writeHead with a status and a text",
    needs: "http1",
    handle: (_req, res) => {
      res.writeHead(404, "Nothing here");
      res.end("gone");
    },
  },
  {
    name: "writeHead with an object",
    handle: (_req, res) => {
      res.writeHead(200, { "Content-Type": "text/html", "X-Own": ["a", "b"] }).end(lines(2_000));
    },
  },
  {
    name: "writeHead with a text and an object",
    needs: "http1",
    handle: (_req, res) => {
      res.writeHead(202, "Taken", { "Content-Type": "text/html", "Content-Length": "5" });
      res.end("taken");
    },
  },
  {
    name: "writeHead with a flat array",
    needs: "http1",
    handle: (_req, res) => {
      res.writeHead(200, ["Content-Type", "text/html", "X-Own", "flat"]);
      res.end(lines(2_000));
    },
  },
  {
    name: "writeHead with an array of pairs",
    needs: "http1",
    handle: (_req, res) => {
      const pairs = [
        ["Content-Type", "text/html"],
        ["X-Own", "pairs"],
      ];
      // Node takes pairs too; its types do not know it.
      Reflect.apply(res.writeHead, res, [200, pairs]);
      res.end(lines(2_000));
    },
  },
  {
    name: "writeHead over headers that are set",
    handle: (_req, res) => {
      res.setHeader("X-Own", "set before");
      res.setHeader("X-Other", "stays");
      res.writeHead(200, { "X-Own": "said at the head" });
      res.end("text");
    },
  },
  {
    name: "writeHead twice",
    handle: (_req, res, _next, note) => {
      res.writeHead(200);
      attempt(note, "second writeHead", () => res.writeHead(500));
      res.end("text");
    },
  },
  {
    name: "writeHead without waiting for anything else",
    handle: async (_req, res) => {
      res.writeHead(200, { "Content-Type": "text/html" });
      await nextTurn();
      res.write("one,");
      res.end("two");
    },
  },
  {
    name: "writeHead with a bad status",
    handle: (_req, res, _next, note) => {
      attempt(note, "writeHead", () => res.writeHead(99));
      res.end("text");
    },
  },
  {
    name: "writeHead with a bad header",
    handle: (_req, res, _next, note) => {
      attempt(note, "writeHead", () => res.writeHead(200, { "X-Bad": "line\nbreak" }));
      if (!res.headersSent) res.statusCode = 400;
      res.end("text");
    },
  },
  {
    name: "status text",
    needs: "http1",
    handle: (_req, res) => {
      res.statusCode = 404;
      res.statusMessage = "No such thing";
      res.end("none");
    },
  },
  {
    name: "status text that is forbidden",
    needs: "http1",
    handle: (_req, res) => {
      res.statusCode = 404;
      res.statusMessage = "No such thing: \u4f60";
      res.end();
    },
  },
  {
    name: "status code that is forbidden",
    handle: (_req, res) => {
      res.statusCode = 1_000;
      res.end("text");
    },
  },
  {
    name: "appendHeader",
    handle: (_req, res) => {
      res.setHeader("X-Own", "a");
      res.appendHeader("X-Own", "b");
      res.appendHeader("Link", "</style.css>; rel=preload");
      res.end("text");
    },
  },
  {
    name: "a cookie of the app's own",
    handle: (_req, res, _next, note) => {
      res.setHeader("Set-Cookie", ["theme=dark; Path=/"]);
      res.end("text");
      note(`own cookie kept: ${String(res.getHeader("set-cookie")).includes("theme=dark")}`);
    },
  },
  {
    name: "read headers after end",
    handle: (_req, res, _next, note) => {
      html(res);
      res.setHeader("X-Own", "a");
      res.end("text");
      note(`X-Own: ${res.getHeader("x-own")}, ${res.hasHeader("content-type")}`);
      note(`status ${res.statusCode}`);
    },
  },
  {
    name: "setHeader after write",
    handle: (_req, res, _next, note) => {
      res.write("one,");
      attempt(note, "setHeader", () => res.setHeader("X-Late", "1"));
      attempt(note, "removeHeader", () => res.removeHeader("X-Late"));
      attempt(note, "appendHeader", () => res.appendHeader("X-Late", "1"));
      res.end("two");
    },
  },
  {
    name: "setHeader after end",
    handle: (_req, res, _next, note) => {
      res.end("text");
      attempt(note, "setHeader", () => res.setHeader("X-Late", "1"));
    },
  },
  {
    name: "change the status after the head",
    handle: (_req, res) => {
      res.write("one,");
      res.statusCode = 500;
      res.end("two");
    },
  },
  {
    name: "remove Date and Connection",
    needs: "http1",
    handle: (_req, res) => {
      res.sendDate = false;
      res.shouldKeepAlive = false;
      res.end("text");
    },
  },
  // Looks.
  {
    name: "guard of headersSent",
    handle: async (_req, res, _next, note) => {
      note(`before ${viewOf(res)}`);
      res.write("one,");
      note(`written ${viewOf(res)}`);
      if (!res.headersSent) res.statusCode = 500;
      res.end("two");
      note(`ended ${viewOf(res)}`);
      if (!res.headersSent) res.end("three");
    },
  },
  {
    name: "look after end",
    handle: (_req, res, _next, note) => {
      res.end("text");
      note(viewOf(res));
    },
  },
  {
    name: "look after writeHead",
    handle: (_req, res, _next, note) => {
      res.writeHead(202, { "X-Own": "a" });
      note(viewOf(res));
      note(`headers ${Object.keys(res.getHeaders()).filter(isOfApp).join()}`);
      res.end("text");
    },
  },
  {
    name: "look at finish",
    handle: (_req, res, _next, note) => {
      res.on("finish", () => note(viewOf(res)));
      res.end("text");
    },
  },
  {
    name: "look at close",
    handle: (_req, res, _next, note) => {
      res.on("close", () => note(`${res.headersSent} ${res.writableEnded} ${res.writableFinished} ${res.statusCode}`));
      res.end("text");
    },
  },
  // No body.
  {
    name: "204",
    handle: (_req, res) => {
      res.statusCode = 204;
      res.end();
    },
  },
  {
    name: "204 with a body that may not be",
    handle: (_req, res) => {
      res.writeHead(204);
      res.end("text");
    },
  },
  {
    name: "304",
    handle: (_req, res) => {
      res.writeHead(304, { "Last-Modified": "Sat, 01 Nov 2025 00:00:00 GMT" });
      res.end();
    },
  },
  {
    name: "HEAD of a length",
    request: { method: "HEAD" },
    handle: (_req, res) => {
      res.setHeader("Content-Length", 5_000);
      res.end();
    },
  },
  {
    name: "HEAD of a text",
    request: { method: "HEAD" },
    handle: (_req, res) => {
      html(res);
      res.end(lines(5_000));
    },
  },
  {
    name: "HEAD of pieces",
    request: { method: "HEAD" },
    handle: (_req, res) => {
      res.write("one,");
      res.end("two");
    },
  },
  // More than a head and a body.
  {
    name: "trailers",
    handle: (_req, res) => {
      res.setHeader("Trailer", "X-Sum");
      res.write("text");
      res.addTrailers({ "X-Sum": "42" });
      res.end();
    },
  },
  {
    name: "early hints",
    handle: (_req, res) => {
      res.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" });
      html(res);
      res.end(lines(2_000));
    },
  },
  {
    name: "early hints with a callback",
    needs: "http1",
    handle: (_req, res, _next, note) => {
      res.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" }, () => note("hints written"));
      res.end("text");
    },
  },
  {
    name: "writeProcessing",
    needs: "http1",
    handle: (_req, res) => {
      res.writeProcessing();
      res.end("text");
    },
  },
  {
    name: "writeContinue by hand",
    needs: "http1",
    handle: (_req, res) => {
      res.writeContinue();
      res.end("text");
    },
  },
  {
    name: "Expect: 100-continue",
    needs: "http1",
    request: { method: "POST", headers: form, body: "a=1&b=2", client: "expect" },
    handle: async (req, res) => res.end(`${req.method} of ${await length(req)}`),
  },
  // Requests.
  {
    name: "a body that is read",
    request: { method: "POST", headers: form, body: "a=1&b=2" },
    handle: async (req, res) => res.end(`${req.method} of ${await length(req)}`),
  },
  {
    name: "an echo",
    request: { method: "POST", headers: { "content-type": "text/plain" }, body: lines(5_000) },
    handle: (req, res) => {
      html(res);
      req.pipe(res);
    },
  },
  {
    name: "an upload that is left unread",
    needs: "http1",
    request: { method: "POST", headers: { "content-type": "application/octet-stream" }, body: lines(200_000) },
    handle: (_req, res) => {
      res.statusCode = 413;
      res.end("too large");
    },
  },
  {
    name: "pipelined",
    needs: "http1",
    request: { client: "pipeline" },
    handle: (_req, res) => res.end(lines(300)),
  },
  {
    name: "pipelined pieces",
    needs: "http1",
    request: { client: "pipeline" },
    handle: async (_req, res) => {
      res.write("one,");
      await nextTurn();
      res.end("two");
    },
  },
  {
    name: "HTTP/1.0",
    needs: "http1",
    request: { version: "1.0" },
    handle: (_req, res) => res.end("text"),
  },
  {
    name: "HTTP/1.0 in pieces",
    needs: "http1",
    request: { version: "1.0" },
    handle: (_req, res) => {
      res.write("one,");
      res.end("two");
    },
  },
  {
    name: "Connection: close",
    needs: "http1",
    request: { headers: { connection: "close" } },
    handle: (_req, res) => {
      html(res);
      res.write("one,");
      res.end(lines(2_000));
    },
  },
  {
    name: "without gzip",
    request: { headers: { "accept-encoding": "identity" } },
    handle: (_req, res) => {
      html(res);
      res.write(lines(2_000));
      res.end(lines(2_000));
    },
  },
  {
    name: "gzip of the app's own",
    handle: (_req, res) => {
      res.writeHead(200, { "Content-Type": "text/html", "Content-Encoding": "gzip" });
      res.end(gzipped);
    },
  },
  // Files and other servers.
  { name: "serve-static", handle: (req, res, next) => serveFile(req, res, next, "/small.txt") },
  { name: "serve-static of 500 KB", handle: (req, res, next) => serveFile(req, res, next, "/large.txt") },
  {
    name: "serve-static of a range",
    request: { headers: { range: "bytes=100-199" } },
    handle: (req, res, next) => serveFile(req, res, next, "/large.txt"),
  },
  {
    name: "serve-static that is known",
    request: { headers: { "if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT" } },
    handle: (req, res, next) => serveFile(req, res, next, "/small.txt"),
  },
  { name: "a proxy of a text", needs: "http1", handle: (req, res, next) => proxyTo("/text", req, res, next) },
  { name: "a proxy of pieces", needs: "http1", handle: (req, res, next) => proxyTo("/pieces", req, res, next) },
  { name: "a proxy of nothing", needs: "http1", handle: (req, res, next) => proxyTo("/empty", req, res, next) },
  { name: "a proxy of an error", needs: "http1", handle: (req, res, next) => proxyTo("/error", req, res, next) },
  {
    name: "a proxy that rewrites",
    needs: "http1",
    handle: (req, res, next) => proxyAndRewrite("/text", req, res, next),
  },
  {
    name: "a proxy of an upload",
    needs: "http1",
    request: { method: "POST", headers: { "content-type": "text/plain" }, body: lines(5_000) },
    handle: (req, res, next) => proxyTo("/echo", req, res, next),
  },
  // Errors and slips.
  {
    name: "throw before the first byte",
    throws: true,
    handle: () => {
      throw new Error("the app's own");
    },
  },
  {
    name: "reject before the first byte",
    throws: true,
    handle: async (_req, res) => {
      res.statusCode = 202;
      await nextTurn();
      throw Object.assign(new Error("the app's own"), { status: 418 });
    },
  },
  {
    name: "next with an error",
    throws: true,
    handle: (_req, _res, next) => next(Object.assign(new Error("the app's own"), { status: 422 })),
  },
  {
    name: "throw after the first byte",
    isCut: true,
    handle: async (_req, res) => {
      res.write("one,");
      await nextTurn();
      throw new Error("the app's own");
    },
  },
  {
    name: "throw after end",
    isCut: true,
    handle: (_req, res) => {
      res.end("text");
      throw new Error("the app's own");
    },
  },
  {
    name: "end twice",
    handle: (_req, res) => {
      res.end("one");
      res.end();
    },
  },
  {
    name: "end twice, with a text",
    handle: (_req, res) => {
      res.end("one");
      res.end("two");
    },
  },
  {
    name: "end twice, with a callback",
    handle: (_req, res, _next, note) => {
      res.end("one");
      res.end((error?: Error) => note(`second end: ${codeOf(error)}`));
    },
  },
  {
    name: "write after end",
    handle: (_req, res, _next, note) => {
      res.end("one");
      res.write("two", (error) => note(`late write: ${codeOf(error)}`));
    },
  },
  {
    name: "answer twice",
    handle: (_req, res, _next, note) => {
      res.writeHead(200);
      res.end("one");
      attempt(note, "second answer", () => res.writeHead(200).end("two"));
    },
  },
  {
    name: "a chunk of the wrong type",
    handle: (_req, res, _next, note) => {
      attempt(note, "write", () => Reflect.apply(res.write, res, [42]));
      attempt(note, "write null", () => Reflect.apply(res.write, res, [null]));
      res.end("text");
    },
  },
  {
    name: "end with a chunk of the wrong type",
    handle: (_req, res, _next, note) => {
      attempt(note, "end", () => Reflect.apply(res.end, res, [{ a: 1 }]));
      if (!res.writableEnded) res.end("text");
    },
  },
  {
    name: "an unknown encoding",
    isCut: true,
    handle: (_req, res, _next, note) => {
      attempt(note, "write", () => Reflect.apply(res.write, res, ["text", "no-such-encoding"]));
      // Node has written a part of the chunk by then: no client can read what follows.
      res.destroy();
    },
  },
  {
    name: "destroy before the first byte",
    isCut: true,
    handle: (_req, res) => res.destroy(),
  },
  {
    name: "destroy midway",
    isCut: true,
    handle: async (_req, res) => {
      res.write("one,");
      await nextTurn();
      res.destroy();
    },
  },
  {
    name: "a source that fails midway",
    isCut: true,
    handle: async (_req, res, _next, note) => {
      async function* source(): AsyncGenerator<string> {
        yield "one,";
        await nextTurn();
        throw new Error("the source's own");
      }
      await pipeline(Readable.from(source()), res).catch((error) => note(`pipeline: ${error.message}`));
    },
  },
  {
    name: "more than the length",
    needs: "http1",
    handle: (_req, res) => {
      res.setHeader("Content-Length", 4);
      res.write("four");
      res.end("XY");
    },
  },
  {
    name: "a client that leaves",
    isCut: true,
    request: { client: "leaves" },
    handle: (_req, res, _next, note) => {
      res.on("close", () => note(`closed, finished: ${res.writableFinished}`));
      res.write("one,");
    },
  },
  {
    name: "the server closes meanwhile",
    needs: "http1",
    request: { client: "last" },
    handle: (_req, res) => {
      closeServer(res);
      res.end(lines(300));
    },
  },
];

const staticFiles = serveStatic(files.folder);

function serveFile(req: IncomingMessage, res: ServerResponse, next: Next, path: string): void {
  req.url = path;
  staticFiles(req, res, next);
}

function isOfApp(name: string): boolean {
  return !["set-cookie", "vary", "cache-control"].includes(name);
}

function codeOf(error: Error | null | undefined): string {
  return String(Reflect.get(Object(error), "code") ?? error);
}

async function length(req: IncomingMessage): Promise<number> {
  const body: unknown = Reflect.get(req, "body");
  if (typeof body === "object" && body !== null && !req.readable)
    return new URLSearchParams({ ...body }).toString().length;
  let count = 0;
  for await (const chunk of req) count += chunk.length;
  return count;
}

/** What compression adds. */
function flush(res: ServerResponse): void {
  const method: unknown = Reflect.get(res, "flush");
  if (typeof method === "function") Reflect.apply(method, res, []);
}

function closeServer(res: ServerResponse): void {
  const server: unknown = res.socket && Reflect.get(res.socket, "server");
  if (typeof server === "object" && server !== null) Reflect.apply(Reflect.get(server, "close"), server, []);
}

/** All handlers, in order of their names in the table. */
export const handlers: readonly HandlerCase[] = [...nodeHandlers, ...expressHandlers];
