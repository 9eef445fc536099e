// The Pages Router has node's req and res, and takes coatcheck/node.
import { promisify } from "node:util";
import { type SessionRequest, session } from "coatcheck/node";
import type { NextApiRequest, NextApiResponse } from "next";
import { sessions, type Visitor } from "../../lib/session";

const openSession = promisify(session(sessions));

export default async function handler(req: NextApiRequest & SessionRequest<Visitor>, res: NextApiResponse) {
  await openSession(req, res);
  req.session.visits = (req.session.visits ?? 0) + 1;
  res.json({ visits: req.session.visits });
}
