import { sessionConsole } from "coatcheck/console";
import { session } from "coatcheck/next";

export interface Visitor {
  username?: string;
  visits?: number;
}

export const { sessions, getSession, updateSession, withSession } = session<Visitor>({
  secret: process.env.SESSION_SECRET,
});

/** The console, for the user whose name is in the environment's ADMIN. Made here, it counts from the first request on. */
export const admin = sessionConsole({
  sessions,
  authorize: ({ owner }) => owner !== undefined && owner === process.env.ADMIN,
});
