// Gives each request of the app its session, by the Hono adapter, under Flask's rules for the secret and for refreshing.
import type { MiddlewareHandler } from "hono";
import { session as honoSession, type SessionEnv } from "../adapters/hono/index.ts";
import type { SessionManager } from "../core/manager.ts";
import type { FlaskConfig } from "./config.ts";
import { currentContext } from "./context.ts";
import { refreshOf } from "./lifetime.ts";
import { createNullSession } from "./null-session.ts";
import type { FlaskSession, FlaskSessionData } from "./session.ts";
import { hasSecret } from "./sessions.ts";

type Middleware = MiddlewareHandler<SessionEnv<FlaskSessionData>>;

/** @param sessions Makes the app's sessions, or gives those that were made; asked where there is a secret. */
export function createSessionMiddleware(
  config: FlaskConfig,
  sessions: () => SessionManager<FlaskSessionData>,
): Middleware {
  let openSession: Middleware | undefined;
  return async (c, next) => {
    const context = currentContext("the session");
    if (!hasSecret(config)) {
      // Only what writes to the session fails.
      context.session = await createNullSession();
      c.set("session", context.session);
      return next();
    }
    openSession ??= honoSession(sessions());
    return openSession(c, async () => {
      const session = c.get("session");
      context.session = session;
      await next();
      if (refreshOf(config) === true) refresh(session);
    });
  };
}

/** A permanent session's cookie goes out with each response, the whole lifetime ahead. */
function refresh(session: FlaskSession): void {
  // To TypeScript it is read-only, as no app of ours needs to set it.
  if (session.permanent && !session.isNew) Reflect.set(session, "modified", true);
}
