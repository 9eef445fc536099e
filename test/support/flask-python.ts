// A Python with the real Flask, that reads and writes session cookies when it is asked.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findProgram } from "../../scripts/requirements.mjs";

const SCRIPT = fileURLToPath(new URL("../flask-cookie/session_cookies.py", import.meta.url));

interface FlaskPython {
  /** Of each cookie, the session as tagged JSON, or the name of Python's exception. */
  read(cookies: readonly string[], secret: string): Promise<string[]>;
  /** A cookie for each session, which is given as tagged JSON. */
  write(sessions: readonly string[], secret: string): Promise<string[]>;
  /** How long one read takes, in ns. */
  time(cookies: readonly string[], secret: string): Promise<number>;
  close(): void;
}

export function startFlaskPython(): FlaskPython {
  const python = findProgram("Python with Flask");
  if (python === undefined) throw new Error("There is no Python with Flask here; npm test installs it.");
  const child = spawn(python, [SCRIPT], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  async function ask<Answer>(request: object): Promise<Answer> {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error("Python has ended.");
    return JSON.parse(value) as Answer;
  }
  return {
    read: (cookies, secret) => ask({ read: cookies, secret }),
    write: (sessions, secret) => ask({ write: sessions, secret }),
    time: (cookies, secret) => ask({ time: cookies, secret }),
    close: () => child.stdin.end(),
  };
}
