// A user's CommonJS program in TypeScript, as NestJS has it. It is compiled against the packed types.
import { createSessions, memoryStore, type Session, SessionError } from "coatcheck";
import { type SessionRequest, session } from "coatcheck/express";
import express = require("express");

interface Data {
  username?: string;
}

const sessions = createSessions<Data>({ secret: process.env["SESSION_SECRET"], store: memoryStore() });

export const app = express();
app.use(session(sessions));
app.get("/", (req, res) => {
  const { session } = req as SessionRequest<Data> & typeof req;
  const typed: Session<Data> = session;
  // @ts-expect-error: `username` is text.
  typed.username = 1;
  res.send(typed.username ?? "nobody");
});

export const isOurs = (error: unknown): boolean => error instanceof SessionError;

