// The browser that `npm test` has found or installed.
import { type Browser, chromium } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-sync",
];

/** @throws Error when no browser is named. */
export function launchChromium(...others: string[]): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"];
  if (!executablePath) throw new Error("CHROMIUM names no browser. `npm test` finds or installs one.");
  return chromium.launch({ executablePath, args: [...ARGUMENTS, ...others] });
}
