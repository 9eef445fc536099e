// Apps on Fastify 5.
import compress from "@fastify/compress";
import middie, { type Handler } from "@fastify/middie";
import createApp, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { session as fastifyAdapter } from "../../../src/adapters/fastify/index.ts";
import {
  type AnySession,
  type AppOptions,
  answerToSuite,
  byName,
  type Framework,
  type MiddlewareInfo,
  nameOf,
  type RunningApp,
} from "../framework.ts";
import type { HandlerCase } from "../handler.ts";
import { applyUse } from "../stores.ts";
import { noteFor, noteLogged, watch } from "../view.ts";
import { fastifyHandlers } from "./fastify-handlers.ts";
import { answerError, nodeCases, nodeMiddlewares } from "./node.ts";

interface FastifyMiddlewareCase extends MiddlewareInfo {
  readonly register: (app: FastifyInstance) => void | Promise<void>;
}

const fastifyMiddlewares: readonly FastifyMiddlewareCase[] = [
  { name: "none", register: () => {} },
  { name: "@fastify/compress", isHard: true, register: registerCompress },
  { name: "hooks", register: addHooks },
  { name: "an error handler", register: (app) => void app.setErrorHandler(handleError) },
  {
    name: "all of a usual Fastify app",
    isHard: true,
    register: async (app) => {
      addHooks(app);
      app.setErrorHandler(handleError);
      await registerCompress(app);
    },
  },
  ...nodeMiddlewares
    .filter(({ name }) => name !== "none")
    .map(({ name, make, ...info }) => ({
      ...info,
      name: `@fastify/middie, ${name}`,
      register: async (app: FastifyInstance): Promise<void> => {
        await app.register(middie);
        for (const each of make()) app.use(each as Handler);
      },
    })),
];

async function registerCompress(app: FastifyInstance): Promise<void> {
  await app.register(compress, { threshold: 100 });
}

/** Hooks in which plugins look at a reply, and change it. */
function addHooks(app: FastifyInstance): void {
  app.addHook("onSend", async (request, reply, payload) => {
    noteFor(request)(`onSend sees ${reply.statusCode}`);
    reply.header("X-Hook", "set late");
    return payload;
  });
  app.addHook("onResponse", async (request, reply) => noteLogged(request, "onResponse", reply.statusCode));
}

function handleError(error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  void reply.code(Number(Reflect.get(Object(error), "statusCode") ?? 500)).send({ error: "handled" });
}

const rawHandlers = new Map(nodeCases.map((each) => [each.name, each]));
const replyHandlers = new Map(fastifyHandlers.map((each) => [each.name, each]));

async function start({ middleware, position, sessions, mode }: AppOptions): Promise<RunningApp> {
  const app = createApp({ forceCloseConnections: true }) as unknown as FastifyInstance;
  // Handlers on Node's own request read its body themselves.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.addHook("onRequest", async (request, reply) => watch(request.raw, reply.raw));
  const { register } = byName(fastifyMiddlewares, middleware);
  if (position === "above") await register(app);
  if (sessions) await app.register(fastifyAdapter(sessions.manager));
  if (position === "below") await register(app);
  app.all("/*", (request, reply) => {
    const session = (sessions ? request.getDecorator<unknown>("session") : {}) as AnySession;
    const answer = answerToSuite(request.url, session);
    if (answer !== undefined) return reply.send(answer);
    const [onReply, raw] = [replyHandlers.get(nameOf(request.url)), rawHandlers.get(nameOf(request.url))];
    applyUse(session, mode);
    if (onReply) return onReply.handle(request, reply, noteFor(request));
    if (raw) return pastFastify(raw, request, reply);
    return reply.callNotFound();
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  return { port: Number(new URL(app.listeningOrigin).port), close: () => app.close() };
}

/** Runs a handler on Node's own request and response, as after `reply.hijack()`. */
function pastFastify({ handle }: HandlerCase, request: FastifyRequest, reply: FastifyReply): void {
  const { raw: req } = request;
  const { raw: res } = reply;
  const fail = (error: unknown): void => answerError(req, res, error);
  reply.hijack();
  try {
    const handled = handle(req, res, fail, noteFor(req));
    if (handled instanceof Promise) handled.catch(fail);
  } catch (error) {
    fail(error);
  }
}

export const fastifyFramework: Framework = {
  name: "Fastify 5",
  protocol: "http1",
  cookie: "session",
  dropsOnError: false,
  cases: [...fastifyHandlers, ...nodeCases],
  middlewares: fastifyMiddlewares,
  start,
};
