// Sessions for Fastify 5: a plugin; the session is `request.session`.
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { SessionError } from "../../core/errors.ts";
import type { Session, SessionData } from "../../core/session/types.ts";
import { detachFromUpgrade } from "../node/upgrade-request.ts";
import { holdResponse } from "../node-response/hold-response.ts";
import { withoutCrash } from "../node-response/without-crash.ts";
import { type ManagerOrOptions, managerOf } from "../shared/manager-or-options.ts";
import { propertyName } from "../shared/property-name.ts";
import { HeldSession } from "./held-session.ts";
import { notEncapsulated } from "./plugin.ts";
import { tell, tellFailure } from "./reply.ts";

export { csrf, type FastifyCsrfOptions } from "./csrf.ts";

/** Under a name that no other plugin gives to a type of Fastify's: inside the declaration below, theirs would come first. */
type DeclaredSession = Session<SessionData>;

declare module "fastify" {
  interface FastifyRequest {
    /** The visitor's session, where the plugin of `coatcheck/fastify` is registered. */
    session: DeclaredSession;
  }
}

export interface FastifySessionOptions {
  /** The name of the request's decorator, where an app has more than one session. Default: `"session"`. */
  readonly as?: string | undefined;
}

/**
 * A plugin that gives each request its session and stores it in the hook `onSend`, so before the headers of the response
 * go out, streams and the responses of error handlers included. When the session can't be read or stored, Fastify's error
 * handling gets the error, with its status. After `reply.hijack()`, or when a middleware of `@fastify/middie` answers, the
 * session is stored when `reply.raw` is first written to. `secure: "auto"` follows `request.protocol`, and so the app's `trustProxy`.
 * The plugin is not encapsulated: it holds where it is registered and below.
 *
 * @param sessions A manager of `createSessions`, or its options.
 * @example
 * declare module "coatcheck" {
 *   interface SessionData { visits?: number }
 * }
 * const app = fastify();
 * await app.register(session({ secret: process.env.SESSION_SECRET }));
 * app.get("/", async ({ session }) => {
 *   session.visits = (session.visits ?? 0) + 1;
 *   return `Visit ${session.visits}`;
 * });
 */
export function session<Data = SessionData>(
  sessions: ManagerOrOptions<Data>,
  options: FastifySessionOptions = {},
): FastifyPluginAsync {
  const manager = managerOf(sessions);
  const name = propertyName(options);
  const key = Symbol(name);

  const plugin: FastifyPluginAsync = async (app) => {
    // Fastify wants to know each property beforehand, so that all requests have one shape.
    app.decorateRequest(key);
    app.decorateRequest(name, {
      getter(this: FastifyRequest): unknown {
        return heldOf<Data>(this, key)?.active.session;
      },
    });
    app.addHook("onRequest", async (request, reply) => {
      const opened = manager.open(request.headers.cookie);
      const active = opened instanceof Promise ? await opened : opened;
      detachFromUpgrade(active, request.raw);
      const held = new HeldSession(active, request);
      Reflect.set(request, key, held);
      holdResponse(reply.raw, held);
    });
    app.addHook("onSend", async (request, reply, payload) => {
      const held = heldOf<Data>(request, key);
      if (!held) return payload;
      // The answer to an error of this very hook passes here again.
      if (held.hasFailed) tellFailure(reply, await held.failureDuties());
      try {
        const finishing = held.finish();
        const duties = finishing instanceof Promise ? await withoutCrash(payload, finishing) : finishing;
        return duties ? tell(reply, payload, duties) : payload;
      } catch (error) {
        // Where the app answers an error of its own, Fastify asks no error handler again and keeps that one's status.
        if (error instanceof SessionError) reply.code(error.status);
        throw error;
      }
    });
  };
  return notEncapsulated(plugin, "coatcheck");
}

export default session;

function heldOf<Data>(request: FastifyRequest, key: symbol): HeldSession<Data> | undefined {
  return Reflect.get(request, key) as HeldSession<Data> | undefined;
}
