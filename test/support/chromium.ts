// The browser that `npm test` has found or installed.
import { type Browser, chromium, type Locator, type Page } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-sync",
];

/** @throws Error when no browser is named. */
export async function launchChromium(...others: string[]): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"];
  if (!executablePath) throw new Error("CHROMIUM names no browser. `npm test` finds or installs one.");
  const browser = await chromium.launch({ executablePath, args: [...ARGUMENTS, ...others], timeout: 0 });
  const newContext = browser.newContext.bind(browser);
  // What is late on a busy machine is waited for; only what never comes fails.
  browser.newContext = async (options) => {
    const context = await newContext(options);
    context.setDefaultTimeout(5 * 60_000);
    return context;
  };
  return browser;
}

/**
 * Clicks what leads to another page, and waits until that is there: Chromium refuses some commands to a page that is
 * still being put in the place of another.
 */
export async function follow(page: Page, link: Locator): Promise<void> {
  const loaded = page.waitForEvent("load");
  await link.click();
  await loaded;
}
