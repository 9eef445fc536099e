// examples/login-next with `output: "standalone"`: what Next.js traces is all that there is when it runs.
import { spawn } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { checkLogin } from "../../examples/login-flow.ts";
import { freePort } from "../../examples/processes.ts";
import { type Packed, root, run } from "../temporary-project.ts";
import { emptyPlace } from "./places.ts";

export async function tryNext({ tarball }: Packed, folder: string): Promise<void> {
  cpSync(path.join(root, "examples/login-next"), folder, {
    recursive: true,
    filter: (file) => !/node_modules|\.next$/.test(file),
  });
  const config = path.join(folder, "next.config.ts");
  writeFileSync(
    config,
    readFileSync(config, "utf8").replace(
      "const config: NextConfig = {",
      'const config: NextConfig = {\n  output: "standalone",',
    ),
  );
  run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error", tarball], folder);
  run(process.execPath, [path.join(folder, "node_modules/next/dist/bin/next"), "build"], folder);
  // Elsewhere, so that nothing of the project is found by chance.
  const copy = `${folder}-standalone`;
  cpSync(path.join(folder, ".next/standalone"), copy, { recursive: true, verbatimSymlinks: true });
  await visit(copy);
}

async function visit(folder: string): Promise<void> {
  const port = await freePort();
  const { environment } = emptyPlace();
  const env = { ...process.env, ...environment, PORT: String(port), HOSTNAME: "localhost", NODE_ENV: "production" };
  const start = async (): Promise<() => Promise<void>> => {
    const child = spawn(process.execPath, ["server.js"], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    let output = "";
    const isReady = new Promise<void>((resolve, reject) => {
      child.stdout.on("data", (chunk) => {
        output += chunk;
        if (output.includes("Ready")) resolve();
      });
      child.stderr.on("data", (chunk) => {
        output += chunk;
      });
      child.once("close", () => reject(new Error(`The server ended:\n${output}`)));
    });
    await isReady;
    return async () => {
      child.kill("SIGKILL");
      await ended;
    };
  };
  let stop = await start();
  try {
    await checkLogin(`http://localhost:${port}/`, async () => {
      await stop();
      stop = await start();
    });
  } finally {
    await stop();
  }
}
