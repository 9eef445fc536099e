// Handlers in Hono's own terms.
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { stream, streamSSE, streamText } from "hono/streaming";
import { lines, png } from "../files.ts";
import type { CaseInfo } from "../framework.ts";
import type { Note } from "../handler.ts";

export interface HonoCase extends CaseInfo {
  readonly handle: (c: Context, note: Note) => Response | Promise<Response>;
}

function hono(name: string, handle: HonoCase["handle"], info: Omit<CaseInfo, "name"> = {}): HonoCase {
  return { name: `hono: ${name}`, handle, ...info };
}

const rows = Array.from({ length: 100 }, (_, index) => ({ index, text: "a row of a table" }));

export const honoHandlers: readonly HonoCase[] = [
  hono("text", (c) => c.text(lines(5_000))),
  hono("a short text", (c) => c.text("short")),
  hono("html", (c) => c.html(`<p>${lines(2_000)}</p>`)),
  hono("json", (c) => c.json(rows)),
  hono("json of a status", (c) => c.json({ made: true }, 201, { "X-Own": "a" })),
  hono("body", (c) => c.body(png, 200, { "Content-Type": "image/png" })),
  hono("no body", (c) => c.body(null, 204)),
  hono("redirect", (c) => c.redirect("/elsewhere")),
  hono("not found", (c) => c.notFound()),
  hono("headers set before", (c) => {
    c.header("X-Own", "a");
    c.header("Link", "</style.css>; rel=preload", { append: true });
    c.header("Set-Cookie", "theme=dark");
    c.status(202);
    return c.text("text");
  }),
  hono("headers set after", async (c) => {
    c.res = new Response("text", { headers: { "X-Own": "a" } });
    c.res.headers.append("X-Own", "b");
    return c.res;
  }),
  hono("newResponse", (c) => c.newResponse(lines(300), { status: 203, headers: { "Content-Type": "text/plain" } })),
  hono("stream", (c) =>
    stream(c, async (out) => {
      await out.write("one,");
      await out.write("two,");
      await out.write("three");
    }),
  ),
  hono("streamText", (c) =>
    streamText(c, async (out) => {
      await out.writeln("one");
      await out.sleep(1);
      await out.writeln("two");
    }),
  ),
  hono("streamSSE", (c) =>
    streamSSE(c, async (out) => {
      for (let count = 0; count < 3; count++) await out.writeSSE({ data: String(count) });
    }),
  ),
  hono("a stream that fails midway", (c) =>
    stream(
      c,
      async (out) => {
        await out.write("one,");
        throw new Error("the app's own");
      },
      async () => {},
    ),
  ),
  hono("HEAD of a text", (c) => c.text(lines(5_000)), { request: { method: "HEAD" } }),
  hono("a form", async (c) => c.json(await c.req.parseBody()), {
    request: {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "a=1&b=2",
    },
  }),
  hono("the view of the context", (c, note) => {
    note(`${c.finalized} ${c.res.status}`);
    return c.text("text");
  }),
  hono("throw", () => Promise.reject(new Error("the app's own")), { throws: true }),
  hono("throw an HTTPException", () => Promise.reject(new HTTPException(418, { message: "the app's own" })), {
    throws: true,
  }),
];
