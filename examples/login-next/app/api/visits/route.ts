// A route handler reads and writes it.
import { withSession } from "../../../lib/session";

export const POST = withSession(async (_request, session) => {
  session.visits = (session.visits ?? 0) + 1;
  return Response.json({ visits: session.visits });
});
