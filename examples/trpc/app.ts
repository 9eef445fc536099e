// Procedures of tRPC that read and write the session.
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import { initTRPC, TRPCError } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { createSessions, type Session } from "coatcheck";
import { type SessionRequest, session } from "coatcheck/node";

interface Visitor {
  username?: string;
}

const t = initTRPC.context<{ session: Session<Visitor> }>().create();

/** Only for who has logged in. */
const protectedProcedure = t.procedure.use(({ ctx, next }) => {
  const { username } = ctx.session;
  if (username === undefined) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next({ ctx: { username } });
});

export const router = t.router({
  login: t.procedure.input(nameOf).mutation(async ({ ctx, input }) => {
    ctx.session.username = input;
    // A new session ID: one that somebody else may know ends here.
    await ctx.session.login(input);
  }),
  logout: t.procedure.mutation(({ ctx }) => ctx.session.logout()),
  whoAmI: protectedProcedure.query(({ ctx }) => ctx.username),
});

export type Router = typeof router;

function nameOf(input: unknown): string {
  if (typeof input === "string" && input !== "") return input;
  throw new TypeError("Please enter a username");
}

const handler = createHTTPHandler({
  router,
  createContext: ({ req }) => ({ session: (req as SessionRequest<Visitor>).session }),
});

const sessions = createSessions<Visitor>({ secret: process.env.SESSION_SECRET });

export const server = createServer(session(sessions, handler));

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const port = Number(process.env.PORT ?? 3000);
  server.listen(port, () => console.log(`http://localhost:${port}`));
}
