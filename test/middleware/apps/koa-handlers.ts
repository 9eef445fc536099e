// Handlers in Koa's own terms.
import { createReadStream } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type Koa from "koa";
import { files, lines, png } from "../files.ts";
import type { CaseInfo } from "../framework.ts";
import type { Note } from "../handler.ts";

export interface KoaCase extends CaseInfo {
  readonly handle: (ctx: Koa.Context, note: Note) => unknown;
}

function koa(name: string, handle: KoaCase["handle"], info: Omit<CaseInfo, "name"> = {}): KoaCase {
  return { name: `koa: ${name}`, handle, ...info };
}

const rows = Array.from({ length: 100 }, (_, index) => ({ index, text: "a row of a table" }));

async function* failsMidway(): AsyncGenerator<string> {
  yield "one,";
  await nextTurn();
  throw new Error("the source's own");
}

function events(): PassThrough {
  const stream = new PassThrough();
  const write = async (): Promise<void> => {
    for (let count = 0; count < 3; count++) {
      stream.write(`data: ${count}\n\n`);
      await nextTurn();
    }
    stream.end();
  };
  void write();
  return stream;
}

export const koaHandlers: readonly KoaCase[] = [
  koa("text", (ctx) => {
    ctx.body = lines(5_000);
  }),
  koa("html", (ctx) => {
    ctx.type = "html";
    ctx.body = `<p>${lines(2_000)}</p>`;
  }),
  koa("buffer", (ctx) => {
    ctx.type = "png";
    ctx.body = png;
  }),
  koa("json", (ctx) => {
    ctx.body = rows;
  }),
  koa("null", (ctx) => {
    ctx.body = null;
  }),
  koa("no body", () => {}),
  koa("a status alone", (ctx) => {
    ctx.status = 202;
  }),
  koa("a status and a message", (ctx) => {
    ctx.status = 404;
    ctx.message = "No such thing";
    ctx.body = "none";
  }),
  koa("304", (ctx) => {
    ctx.status = 304;
  }),
  koa("a body that is fresh", fresh, { request: { headers: { "if-none-match": '"fresh"' } } }),
  koa("redirect", (ctx) => ctx.redirect("/elsewhere")),
  koa("a file", (ctx) => {
    ctx.type = "text";
    ctx.body = createReadStream(files.small);
  }),
  koa("a file of 500 KB", (ctx) => {
    ctx.type = "text";
    ctx.body = createReadStream(files.large);
  }),
  koa("a stream of small pieces", (ctx) => {
    ctx.type = "html";
    ctx.body = Readable.from(Array.from({ length: 20 }, (_, index) => `${lines(60)}${index}\n`));
  }),
  koa("a stream with a length", (ctx) => {
    ctx.length = 5_000;
    ctx.body = createReadStream(files.small);
  }),
  koa("events", (ctx) => {
    ctx.type = "text/event-stream";
    ctx.body = events();
  }),
  koa("events after flushHeaders", (ctx) => {
    ctx.type = "text/event-stream";
    ctx.status = 200;
    ctx.flushHeaders();
    ctx.body = events();
  }),
  koa(
    "HEAD of a stream",
    (ctx) => {
      ctx.body = createReadStream(files.small);
    },
    { request: { method: "HEAD" } },
  ),
  koa(
    "HEAD of a text",
    (ctx) => {
      ctx.body = lines(5_000);
    },
    { request: { method: "HEAD" } },
  ),
  koa("cookies", (ctx) => {
    ctx.cookies.set("theme", "dark");
    ctx.body = "text";
  }),
  koa("headers", (ctx) => {
    ctx.set("X-Own", ["a", "b"]);
    ctx.append("Link", "</style.css>; rel=preload");
    ctx.attachment("report.txt");
    ctx.body = "text";
  }),
  koa("a body that is replaced", (ctx) => {
    ctx.body = createReadStream(files.large);
    ctx.body = "text";
  }),
  koa("the view of the context", (ctx, note) => {
    ctx.body = "text";
    note(`${ctx.headerSent} ${ctx.writable} ${ctx.status} ${ctx.length}`);
    ctx.res.on("finish", () => note(`at finish ${ctx.headerSent} ${ctx.status}`));
  }),
  koa("throw with a status", (ctx) => ctx.throw(418, "the app's own"), { throws: true }),
  koa(
    "throw",
    () => {
      throw new Error("the app's own");
    },
    { throws: true },
  ),
  koa(
    "throw after a body was set",
    (ctx) => {
      ctx.body = createReadStream(files.small);
      throw Object.assign(new Error("the app's own"), { status: 422, expose: true });
    },
    { throws: true },
  ),
  koa(
    "throw what is no error",
    () => {
      throw "a text";
    },
    { throws: true },
  ),
  koa(
    "a stream that fails midway",
    (ctx) => {
      ctx.body = Readable.from(failsMidway());
    },
    { isCut: true },
  ),
  koa(
    "a file that is missing",
    (ctx) => {
      ctx.body = createReadStream(`${files.folder}/missing`);
    },
    // Koa answers 404 when the file fails to open in time, which is after the session was stored.
    { isCut: true },
  ),
];

function fresh(ctx: Koa.Context): void {
  ctx.status = 200;
  ctx.set("ETag", '"fresh"');
  ctx.body = "text";
  if (ctx.fresh) ctx.status = 304;
}
