// Runs the login program as `npm start` does, in a process of its own, on a free port.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../examples/login/app.ts", import.meta.url));

export interface RunningExample {
  /** `http://127.0.0.1:PORT/`, as it was printed. */
  readonly url: string;
  /** All that it has printed. */
  output(): string;
  /** As a crash or a power button would: no chance to tidy up. */
  kill(): Promise<void>;
}

/** @param environment What is set beside this process's own environment: `SECRET_KEY`, `SESSION_PATH`, … */
export async function startExample(environment: Record<string, string>): Promise<RunningExample> {
  const child = spawn(process.execPath, ["--conditions=coatcheck-source", program], {
    env: { ...process.env, PORT: "0", NODE_ENV: "", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const url = await addressOf(child, () => output);
  return {
    url,
    output: () => output,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

async function addressOf(child: ChildProcess, output: () => string): Promise<string> {
  for (;;) {
    const address = /http:\/\/[\d.]+:\d+\//.exec(output())?.[0];
    if (address) return address;
    if (child.exitCode !== null) throw new Error(`The example ended with ${child.exitCode}:\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
