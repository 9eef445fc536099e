// CSRF protection for Fastify 5: a plugin, after that of the session.
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import {
  type CsrfMiddlewareOptions,
  createParsedRequestCheck,
  type NamedSessionOptions,
} from "../shared/csrf-check.ts";
import { headersOf } from "../shared/node-request.ts";
import { notEncapsulated } from "./plugin.ts";

export interface FastifyCsrfOptions extends CsrfMiddlewareOptions<FastifyRequest>, NamedSessionOptions {}

/**
 * A plugin that refuses requests that change something and were not sent by this site's own pages: see `verifyCsrf` of
 * `coatcheck/csrf`. It checks in the hook `preHandler`, when `request.body` is parsed: the token comes in the header, or in
 * a form, for which an app needs `@fastify/formbody` or the like. Fastify's error handling gets a `CsrfError`, status 403.
 * The request's own origin follows `trustProxy`. The plugin is not encapsulated, and needs that of the session before it.
 *
 * @throws SessionOptionError for wrong options.
 * @example
 * await app.register(session(sessions));
 * await app.register(formbody);
 * await app.register(csrf());
 */
export function csrf(options: FastifyCsrfOptions = {}): FastifyPluginAsync {
  const check = createParsedRequestCheck(options, (request: FastifyRequest) => ({
    headers: headersOf(request.headers),
    origin: `${request.protocol}://${request.host}`,
    body: request.body,
  }));
  const plugin: FastifyPluginAsync = async (app) => {
    app.addHook("preHandler", async (request) => check(request));
  };
  return notEncapsulated(plugin, "coatcheck-csrf", ["coatcheck"]);
}
