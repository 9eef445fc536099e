// The user's program, bundled by each tool as its documentation says for Node; each returns the file to run.
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { run } from "../temporary-project.ts";

/** What each tool needs, with the versions that were tried. */
export const BUNDLERS = [
  "esbuild@0.28.2",
  "webpack@5.113.0",
  "rollup@4.68.8",
  "@rollup/plugin-node-resolve@16.0.3",
  "@rollup/plugin-commonjs@29.0.0",
  "vite@8.4.0",
  "@vercel/nft@1.11.5",
] as const;

/** @param folder Of the user, with the program in it. */
export const bundles: Readonly<Record<string, (folder: string) => string>> = {
  "esbuild, an ES module": (folder) => esbuild(folder, "main.mjs", "esm", "mjs"),
  "esbuild, CommonJS": (folder) => esbuild(folder, "main.cjs", "cjs", "cjs"),
  "esbuild, CommonJS of ES modules, minified": (folder) => esbuild(folder, "main.async.mjs", "cjs", "cjs", "--minify"),
  webpack: (folder) => byScript(folder, "webpack", "cjs", WEBPACK),
  Rollup: (folder) => byScript(folder, "rollup", "mjs", ROLLUP),
  "Vite SSR": (folder) => byScript(folder, "vite", "mjs", VITE),
  "@vercel/nft, ES modules": (folder) => traced(folder, "main.mjs"),
  "@vercel/nft, CommonJS": (folder) => traced(folder, "main.cjs"),
};

/** Without `await` outside of functions, which CommonJS has not. */
export const MAIN_WITHOUT_AWAIT = `import { open } from "./visits.mjs";
async function main() {
  const visits = open();
  const [, , cookie] = process.argv;
  console.log(cookie === undefined ? await visits.logIn() : await visits.whoIs(cookie));
  await visits.close();
}
main();
`;

const WEBPACK = `
import webpack from "webpack";
const entry = { main: "./main.mjs" };
const output = { path: target, filename: "[name].cjs" };
webpack({ mode: "production", target: "node", context: process.cwd(), entry, output }, (error, stats) => {
  if (!error && !stats.hasErrors()) return;
  console.error(error ?? stats.toString());
  process.exitCode = 1;
});`;

const ROLLUP = `
import commonjs from "@rollup/plugin-commonjs";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { rollup } from "rollup";
const plugins = [nodeResolve({ preferBuiltins: true }), commonjs()];
function onwarn({ code, exporter, message }) {
  // Optional, and not installed here.
  if (code !== "UNRESOLVED_IMPORT" || !exporter.startsWith("echarts/")) throw new Error(message);
}
const build = await rollup({ input: "main.mjs", plugins, onwarn });
await build.write({ dir: target, entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" });`;

const VITE = `
import { build } from "vite";
const rollupOptions = { output: { entryFileNames: "[name].mjs" } };
const ssr = { noExternal: true };
await build({ logLevel: "error", configFile: false, ssr, build: { ssr: "main.mjs", outDir: target, rollupOptions } });`;

function esbuild(folder: string, entry: string, format: string, ending: string, ...more: readonly string[]): string {
  const name = `esbuild-${format}${more.length > 0 ? "-more" : ""}`;
  const output = target(folder, name, ending);
  const args = ["--bundle", "--platform=node", `--format=${format}`, "--log-level=warning", `--outfile=${output}`];
  run(path.join(folder, "node_modules/.bin/esbuild"), [entry, ...args, ...more], folder);
  return output;
}

function byScript(folder: string, name: string, ending: string, script: string): string {
  const output = target(folder, name, ending);
  const file = path.join(folder, `bundle-${name}.mjs`);
  writeFileSync(file, `const target = ${JSON.stringify(path.dirname(output))};\n${script}`);
  run(process.execPath, [file], folder);
  return output;
}

/** Where a bundle goes: outside of the user's folder, so that it finds none of its packages. */
function target(folder: string, name: string, ending: string): string {
  const output = path.join(path.dirname(folder), `bundled-${name}`);
  mkdirSync(output, { recursive: true });
  return path.join(output, `main.${ending}`);
}

/** The files that the program needs, and no other, in a folder of their own. */
function traced(folder: string, entry: string): string {
  const script = `
import { nodeFileTrace } from "@vercel/nft";
const { fileList } = await nodeFileTrace([process.argv[2]]);
console.log(JSON.stringify([...fileList]));`;
  const file = path.join(folder, "trace.mjs");
  writeFileSync(file, script);
  const files: string[] = JSON.parse(run(process.execPath, [file, entry], folder));
  const copy = path.join(path.dirname(folder), `traced-${entry}`);
  for (const name of files) cpSync(path.join(folder, name), path.join(copy, name));
  return path.join(copy, entry);
}
