// A route handler of Next.js, which is a Request to a Response. Next itself is not here, so nothing of it that a redirect
// would need.
import { getRequestListener } from "@hono/node-server";
import { withCsrf } from "../../../src/adapters/next/index.ts";
import { createNextSession } from "../../../src/adapters/next/next-session.ts";
import { listen } from "../../fixtures/listen.ts";
import type { Adapter, AnySession } from "../app.ts";
import { toResponse } from "./web.ts";

export const nextRoute: Adapter = {
  name: "next, as a route handler",
  answersErrors: "adapter",
  canTrustProxy: true,
  serve: (sessions, handler, options) => {
    const next = createNextSession(sessions, () => Promise.reject(new Error("Next.js is not here")));
    const answer = async (request: Request, session: AnySession): Promise<Response> =>
      toResponse(await handler(new URL(request.url).pathname, session));
    const { ignoredPath, ...csrf } = options.csrf ?? {};
    const ignore = ({ url }: Request): boolean => new URL(url).pathname === ignoredPath;
    return listen(getRequestListener(next.withSession(withCsrf(answer, { ...csrf, ignore }))), options);
  },
};
