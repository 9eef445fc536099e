import { session } from "coatcheck/next";

export interface Visitor {
  username?: string;
  visits?: number;
}

export const { sessions, getSession, updateSession, withSession } = session<Visitor>({
  secret: process.env.SESSION_SECRET,
});
