// What `npm test` needs beyond npm packages: one row each, with where to look for it and how to get it.
// Plain JavaScript without dependencies: it runs before anything is installed.
import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";

export const requirements = [
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
];

/** The path of a required program, or undefined where it is not installed. */
export function find({ variable, programs }) {
  const named = process.env[variable];
  return named ? which(named) : programs.map(which).find(Boolean);
}

function which(program) {
  const folders = program.includes("/") ? [""] : (process.env.PATH ?? "").split(path.delimiter);
  const files = folders.map((folder) => path.join(folder, program));
  return files.find(isProgram);
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
