// Handlers in Fastify's own terms.
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import { files, gzipped, lines, png } from "../files.ts";
import type { CaseInfo } from "../framework.ts";
import type { Note } from "../handler.ts";

export interface FastifyCase extends CaseInfo {
  readonly handle: (request: FastifyRequest, reply: FastifyReply, note: Note) => unknown;
}

function fastify(name: string, handle: FastifyCase["handle"], info: Omit<CaseInfo, "name"> = {}): FastifyCase {
  return { name: `fastify: ${name}`, handle, ...info };
}

const rows = Array.from({ length: 100 }, (_, index) => ({ index, text: "a row of a table" }));

async function* pieces(): AsyncGenerator<string> {
  for (const piece of ["one,", "two,", "three"]) {
    yield piece;
    await nextTurn();
  }
}

async function* failsMidway(): AsyncGenerator<string> {
  yield "one,";
  await nextTurn();
  throw new Error("the source's own");
}

function webStream(): ReadableStream {
  return new ReadableStream({
    async pull(controller) {
      controller.enqueue(new TextEncoder().encode(lines(2_000)));
      await nextTurn();
      controller.close();
    },
  });
}

export const fastifyHandlers: readonly FastifyCase[] = [
  fastify("return a text", async () => lines(5_000)),
  fastify("return an object", async () => ({ rows })),
  fastify("send a text", (_request, reply) => reply.type("text/html").send(lines(5_000))),
  fastify("send an object", (_request, reply) => reply.code(201).send({ made: true })),
  fastify("send a buffer", (_request, reply) => reply.type("image/png").send(png)),
  fastify("send a typed array", (_request, reply) => reply.send(new Uint8Array([104, 105]))),
  fastify("send nothing", (_request, reply) => reply.code(204).send()),
  fastify("304", (_request, reply) => reply.code(304).send()),
  fastify("send null", (_request, reply) => reply.send(null)),
  fastify("redirect", (_request, reply) => reply.redirect("/elsewhere", 303)),
  fastify("a file", (_request, reply) => reply.type("text/plain").send(createReadStream(files.small))),
  fastify("a file of 500 KB", (_request, reply) => reply.type("text/plain").send(createReadStream(files.large))),
  fastify("a stream of pieces", (_request, reply) => reply.type("text/html").send(Readable.from(pieces()))),
  fastify("return a stream", async (_request, reply) => {
    reply.type("text/event-stream");
    return Readable.from(pieces());
  }),
  fastify("a web stream", (_request, reply) => reply.type("text/html").send(webStream())),
  fastify("a Response", () => new Response(lines(2_000), { status: 202, headers: { "X-Own": "a" } })),
  fastify(
    "a Response of a stream",
    async () => new Response(webStream(), { headers: { "Content-Type": "text/html" } }),
  ),
  fastify("send later", async (_request, reply) => {
    setImmediate(() => reply.send("late"));
    return reply;
  }),
  fastify("headers", (_request, reply) =>
    reply
      .headers({ "X-Own": "a" })
      .header("Link", "</style.css>; rel=preload")
      .header("Set-Cookie", "theme=dark")
      .send("text"),
  ),
  fastify("headers of the raw response", (_request, reply) => {
    reply.raw.setHeader("X-Own", "a");
    reply.raw.setHeader("Set-Cookie", "theme=dark");
    return reply.send("text");
  }),
  fastify("trailers", (_request, reply) => {
    reply.trailer("X-Sum", (_reply, _payload, done) => done(null, "42"));
    return reply.send("text");
  }),
  fastify("gzip of the app's own", (_request, reply) =>
    reply.header("Content-Encoding", "gzip").type("text/html").send(gzipped),
  ),
  fastify("early hints", async (_request, reply) => {
    reply.raw.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" });
    return "text";
  }),
  fastify("the view of the reply", (_request, reply, note) => {
    note(`before ${reply.sent} ${reply.statusCode}`);
    reply.raw.on("finish", () => note(`finish ${reply.sent} ${reply.raw.headersSent} ${reply.statusCode}`));
    return reply.code(202).send("text");
  }),
  fastify("send twice", (_request, reply, note) => {
    reply.send("one");
    try {
      reply.send("two");
    } catch (error) {
      note(`second send: ${Reflect.get(Object(error), "code")}`);
    }
  }),
  fastify("HEAD of a text", async () => lines(5_000), { request: { method: "HEAD" } }),
  fastify("HEAD of a file", (_request, reply) => reply.send(createReadStream(files.small)), {
    request: { method: "HEAD" },
  }),
  fastify("not found", (_request, reply) => reply.callNotFound()),
  fastify(
    "throw",
    () => {
      throw new Error("the app's own");
    },
    { throws: true },
  ),
  fastify(
    "reject with a status",
    () => Promise.reject(Object.assign(new Error("the app's own"), { statusCode: 422 })),
    {
      throws: true,
    },
  ),
  fastify("send an error", (_request, reply) => reply.code(418).send(new Error("the app's own")), { throws: true }),
  fastify("a file that is missing", (_request, reply) => reply.send(createReadStream(`${files.folder}/missing`)), {
    throws: true,
  }),
  fastify("a stream that fails midway", (_request, reply) => reply.send(Readable.from(failsMidway())), { isCut: true }),
  fastify(
    "hijack",
    (_request, reply) => {
      reply.hijack();
      reply.raw.writeHead(200, { "Content-Type": "text/plain" });
      reply.raw.end("raw");
    },
    {},
  ),
];
