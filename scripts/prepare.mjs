// Installs what is missing before `npm start` and `npm test`, and nothing when all is there (then it takes a moment).
// Plain JavaScript without dependencies: on a fresh clone it runs on the machine's own Node, before anything is installed.
// It is a script of its own (prestart, pretest) so that the next one finds the Node that it has just installed.
//   --servers   also the programs that the tests need: scripts/requirements.mjs
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { find, requirements } from "./requirements.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Something is missing that only the user can put right; the message says how. */
class Missing extends Error {}

try {
  checkOwnNode();
  const lock = readLock("package-lock.json");
  if (!isInstalled(lock)) await installPackages();
  checkDevelopmentNode(lock);
  if (process.argv.includes("--servers")) await prepareRequirements();
} catch (error) {
  if (!(error instanceof Missing)) throw error;
  console.error(`\n${error.message}\n`);
  process.exit(1);
}

function checkOwnNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= 20) return;
  throw new Missing(
    `Node 20 or newer is needed to set up the project; this is ${process.version}. Install a newer one.`,
  );
}

function readLock(file) {
  return JSON.parse(readFileSync(path.join(root, file), "utf8")).packages;
}

/** Whether node_modules holds the versions of package-lock.json. npm notes there what it has installed. */
function isInstalled(wanted) {
  const note = "node_modules/.package-lock.json";
  if (!existsSync(path.join(root, note))) return false;
  const present = readLock(note);
  return Object.entries(wanted).every(([place, { version, integrity, optional, devOptional }]) => {
    if (place === "") return true;
    const found = present[place];
    // Packages for other systems are optional and stay out.
    if (found === undefined) return Boolean(optional || devOptional);
    return found.version === version && found.integrity === integrity;
  });
}

async function installPackages() {
  // Not "npm" from the PATH where npm has said who it is: that one may be gone in the middle of the installation.
  const { npm_execpath: npm = "", npm_node_execpath: node = process.execPath, npm_lifecycle_event } = process.env;
  const args = ["ci", "--include=dev", "--prefer-offline", "--no-audit", "--no-fund"];
  // When npm runs this, the user allows scripts, be it for this command alone; the npm below would not know.
  if (npm_lifecycle_event !== undefined) args.push("--ignore-scripts=false");
  const command = /npm-cli\.c?js$/.test(npm) ? [node, npm, ...args] : ["npm", ...args];
  await run("Installing the npm packages", command, {
    failed: "Check that the npm registry can be reached, then run `npm ci` to see the whole story.",
  });
}

/** Sources run as they are, without a build, on the Node that the package `node` brings. */
function checkDevelopmentNode(lock) {
  const wanted = `v${lock["node_modules/node"].version}`;
  if (process.version === wanted) return;
  const file = process.platform === "win32" ? "node_modules/node/bin/node.exe" : "node_modules/.bin/node";
  const found = spawnSync(path.join(root, file), ["--version"], { encoding: "utf8" });
  if (found.stdout?.trim() === wanted) return;
  throw new Missing(
    [
      `${file} is not Node ${wanted}: ${found.error?.message ?? (found.stdout.trim() || `it ended with ${found.status}`)}.`,
      "npm puts it there with an install script. Allow install scripts (`npm config get ignore-scripts` must say false),",
      "then run `npm ci`.",
    ].join("\n"),
  );
}

async function prepareRequirements() {
  const missing = requirements.filter((requirement) => find(requirement) === undefined);
  const debianPackages = missing.filter(isNotNamed).flatMap((requirement) => requirement.debianPackages);
  if (debianPackages.length > 0 && mayUseApt()) await installDebianPackages(debianPackages);

  const problems = requirements.filter((requirement) => find(requirement) === undefined).map(describe);
  if (problems.length > 0) throw new Missing(problems.join("\n"));
}

/** A program that the user has named is the user's to put right. */
function isNotNamed({ variable }) {
  return !process.env[variable];
}

function describe({ name, purpose, variable, debianPackages, otherwise }) {
  const named = process.env[variable];
  if (named) return `${variable} is set to ${named}, which is no program. Correct it, or unset it.`;
  return [
    `${name} is missing; ${purpose} need it. ${otherwise}`,
    `  Debian and Ubuntu:  sudo apt-get install ${debianPackages.join(" ")}`,
    `  anywhere else on this machine:  ${variable}=/path/to/it npm test`,
  ].join("\n");
}

function mayUseApt() {
  return existsSync("/etc/debian_version") && process.getuid?.() === 0;
}

async function installDebianPackages(packages) {
  const failed = "Check that Debian's packages can be reached, or install the program by hand.";
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("Reading the lists of Debian's packages", ["apt-get", "update"], { failed, env });
  const install = ["apt-get", "install", "-y", "--no-install-recommends", ...packages];
  await run(`Installing Debian's ${packages.join(", ")}`, install, { failed, env });
}

/** Runs a command, quietly while it goes well, with a sign of life every few seconds. */
async function run(title, [file, ...args], { failed, env = process.env }) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  console.log(`${title} ...`);
  const life = setInterval(() => console.log(`  ... ${seconds()} s`), 5000);

  const child = spawn(file, args, {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32" && file === "npm",
  });
  const output = [];
  child.stdout.on("data", (chunk) => output.push(chunk));
  child.stderr.on("data", (chunk) => output.push(chunk));
  const problem = await new Promise((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(code === 0 ? undefined : `it ended with ${signal ?? code}`));
  });
  clearInterval(life);

  if (problem === undefined) return console.log(`  done in ${seconds()} s`);
  const tail = Buffer.concat(output).toString().trim().split("\n").slice(-30).join("\n");
  throw new Missing(`${tail}\n\n\`${path.basename(file)} ${args.join(" ")}\` failed: ${problem}.\n${failed}`);
}
