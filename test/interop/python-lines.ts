// A Python program that answers one JSON line with another.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findProgram } from "../../scripts/requirements.mjs";

export interface PythonLines {
  ask<Answer>(request: unknown): Promise<Answer>;
  close(): void;
}

/**
 * @param script The program's file in this folder.
 * @throws Error where no Python with Flask can be found.
 */
export function startPython(script: string): PythonLines {
  const python = findProgram("Python with Flask");
  if (python === undefined) throw new Error("There is no Python with Flask here; npm test installs it.");
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(python, [file], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async ask<Answer>(request: unknown): Promise<Answer> {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error("Python has ended.");
      return JSON.parse(value) as Answer;
    },
    close: () => child.stdin.end(),
  };
}
