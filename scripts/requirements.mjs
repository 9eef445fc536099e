// What `npm test` needs beyond npm packages: one row each, with where to look for it and how to get it.
// Plain JavaScript without dependencies: it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { accessSync, constants, readdirSync, realpathSync, statSync } from "node:fs";
import path from "node:path";

const rows = [
  {
    name: "Chromium",
    purpose: "the tests in a browser",
    /** Names the program when it is somewhere else; the tests read it from here. */
    variable: "CHROMIUM",
    programs: [
      "chromium",
      "chromium-browser",
      "google-chrome",
      "google-chrome-stable",
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
      "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ],
    /** The font is for the pages in Chinese. */
    debianPackages: ["chromium", "fonts-noto-cjk"],
    otherwise: "Install Chromium or Google Chrome.",
  },
  {
    name: "Redis",
    purpose: "the tests of the Redis store",
    variable: "REDIS_SERVER",
    programs: ["redis-server", "valkey-server"],
    debianPackages: ["redis-server"],
    otherwise: "Install Redis 6.2 or newer, or Valkey; or name a server that runs by REDIS_URL.",
    /** When set, the tests use that server and start none, so the program is not required. */
    insteadOf: "REDIS_URL",
  },
  {
    name: "PostgreSQL",
    purpose: "the tests of the PostgreSQL store",
    variable: "POSTGRES_SERVER",
    /** Debian keeps the servers out of the PATH, in a folder for each version. */
    programs: ["postgres", "/usr/lib/postgresql/*/bin/postgres"],
    /** Has to stand beside the program. */
    beside: ["initdb"],
    debianPackages: ["postgresql"],
    otherwise: "Install the server of PostgreSQL 14 or newer; or name one that runs by POSTGRES_URL.",
    insteadOf: "POSTGRES_URL",
  },
  {
    name: "Python with Flask",
    purpose: "the tests beside a real Flask",
    variable: "FLASK_PYTHON",
    programs: ["python3", "/usr/bin/python3"],
    /** What it must be able to do. */
    trial: ["-c", "import flask, itsdangerous"],
    debianPackages: ["python3-flask"],
    otherwise: "Install Flask for Python 3, and name a Python that has it by FLASK_PYTHON.",
  },
];

export const requirements = rows.filter(({ insteadOf }) => insteadOf === undefined || !process.env[insteadOf]);

/** The path of a required program, or undefined where it is not installed. */
export function find({ variable, programs, beside = [], trial }) {
  const named = process.env[variable];
  return (named ? [named] : programs)
    .flatMap(places)
    .find((file) => isProgram(file) && isComplete(file, beside) && (trial === undefined || succeeds(file, trial)));
}

/** The same by the name of the row, required or not. */
export function findProgram(name) {
  return find(rows.find((row) => row.name === name));
}

function succeeds(file, args) {
  return spawnSync(file, args, { stdio: "ignore" }).status === 0;
}

function places(program) {
  if (program.includes("*")) return newestFirst(program);
  if (program.includes("/")) return [program];
  return (process.env.PATH ?? "").split(path.delimiter).map((folder) => path.join(folder, program));
}

/** The paths that a pattern with one `*`, for a version, stands for. */
function newestFirst(pattern) {
  const [folder, rest] = pattern.split("*");
  try {
    return readdirSync(folder)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => folder + version + rest);
  } catch {
    return [];
  }
}

function isComplete(file, beside) {
  const folder = path.dirname(realpathSync(file));
  return beside.every((name) => isProgram(path.join(folder, name)));
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
