// Both pages in real Chromium, with 100,000 sessions in the store: both languages, both colour schemes, phone and desktop.
//   SCREENSHOTS=docs/images npm test -- src/console/pages   writes the pictures of docs/console.md
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, mock, test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { follow, launchChromium } from "../../test/fixtures/chromium.ts";
import { fillStore } from "../../test/fixtures/console/people.ts";
import { type Program, startProgram } from "../../test/fixtures/console/program.ts";
import { createVisitor } from "../../test/fixtures/visitor.ts";
import { memoryStore } from "../stores/memory/index.ts";

const SESSIONS = 100_000;
const SCREENSHOTS = process.env["SCREENSHOTS"];
const PAGES = ["/sessions", "/sessions/activity", "session", "/devices"] as const;
const MAC =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15";
const PHONE =
  "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36";

const DESKTOP = { viewport: { width: 1280, height: 760 } };
const MOBILE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const NARROW = { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true };

let program: Program;
let browser: Browser;

before(async () => {
  const launching = launchChromium();
  program = await startBusyProgram();
  browser = await launching;
});
after(async () => {
  await browser?.close();
  await program?.close();
});

/** A program that has had a lively hour, by a clock that runs ahead. */
async function startBusyProgram(): Promise<Program> {
  const now = Date.now();
  mock.timers.enable({ apis: ["Date"], now: now - 55 * 60_000 });
  // What keeps a clock must not keep the one that runs ahead.
  const clock = (): number => Date.now();
  const store = memoryStore({ maxSessions: 2 * SESSIONS, clock });
  const busy = await startProgram({ store, sessions: { clock }, console: { showValues: true } });
  fillStore(busy.store, SESSIONS, now);
  for (let i = 0; i < 110; i++) {
    const crowd = Math.round(6 + 5 * Math.sin(i / 12) + (i % 7));
    for (let j = 0; j < crowd; j++) {
      const visitor = createVisitor(busy.sessions);
      await visitor.request((session) => session.login(`visitor-${i}-${j}`, { userAgent: MAC, address: "192.0.2.33" }));
      if (j % 3 === 0) await visitor.request((session) => session.logout());
      if (j % 5 === 0) await busy.sessions.revokeAll(`visitor-${i}-${j}`);
      if (j % 4 === 0)
        await createVisitor(
          busy.sessions,
          `session=${i % 9 === 0 ? "nonsense" : `${"A".repeat(43)}.${"A".repeat(43)}`}`,
        ).request(() => 0);
    }
    mock.timers.tick(30_000);
  }
  mock.timers.reset();
  return busy;
}

/** A browser in which the admin is logged in, who has a phone too. What goes wrong in it fails the test. */
async function openContext(options: BrowserContextOptions): Promise<BrowserContext & { problems: string[] }> {
  const context = await browser.newContext({ locale: "en-US", ...options });
  const problems: string[] = [];
  context.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  context.on("weberror", (error) => problems.push(String(error.error())));
  context.on("request", (request) => {
    if (!request.url().startsWith(`${program.url}/`)) problems.push(`asked ${request.url()}`);
  });
  const login = `${program.url}/login?name=admin&address=192.0.2.17&place=`;
  await context.request.get(`${login}Kyoto`, { headers: { "user-agent": MAC } });
  return Object.assign(context, { problems });
}

async function open(page: Page, name: (typeof PAGES)[number]): Promise<void> {
  if (name !== "session") {
    await page.goto(program.url + name, { waitUntil: "load" });
    return;
  }
  const [session] = await program.sessions.list("grace");
  await page.goto(`${program.url}/sessions/key/${session?.key}`, { waitUntil: "load" });
}

async function assertFits(page: Page, width: number, name: string): Promise<void> {
  const widest: unknown = await page.evaluate("document.documentElement.scrollWidth");
  assert.ok(Number(widest) <= width, `${name} is ${widest} wide in a window of ${width}`);
}

async function assertAccessible(page: Page, name: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    // The rows after these are like these.
    .exclude(".sessions tbody tr:nth-child(n + 10)")
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"])
    .analyze();
  const found = violations.map(
    ({ id, help, nodes }) => `${id}: ${help}\n  ${nodes[0]?.html} ${nodes[0]?.failureSummary}`,
  );
  assert.deepEqual(found, [], name);
}

for (const locale of ["en-US", "zh-CN"] as const) {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [device, view] of [
      ["desktop", DESKTOP],
      ["phone", MOBILE],
    ] as const) {
      test(`${locale}, ${colorScheme}, ${device}: every page fits, speaks, is dark or light, and axe finds nothing`, async () => {
        const context = await openContext({ locale, colorScheme, ...view });
        const page = await context.newPage();
        for (const name of PAGES) {
          await open(page, name);
          const label = `${name} ${locale} ${colorScheme} ${device}`;
          assert.equal(await page.locator("html").getAttribute("lang"), locale === "zh-CN" ? "zh-CN" : "en");
          await assertFits(page, view.viewport.width, label);
          const ground = String(await page.evaluate("getComputedStyle(document.body).backgroundColor"));
          assert.equal(/rgb\(2\d\d/.test(ground), colorScheme === "light", ground);
          if (name === "/sessions/activity") await assertChartsDrawn(page, colorScheme, device);
          await assertAccessible(page, label);
        }
        assert.deepEqual(context.problems, []);
        await context.close();
      });
    }
  }
}

test("the column by which the list is sorted shows in which direction", async () => {
  const context = await openContext(DESKTOP);
  const page = await context.newPage();
  await open(page, "/sessions");
  await follow(page, page.locator(".sessions thead a").first());
  await page.locator(".sessions thead [aria-sort] a").waitFor();
  const arrow = await page.evaluate(
    "getComputedStyle(document.querySelector('.sessions thead [aria-sort] a'), '::after').content",
  );
  assert.match(String(arrow), /[↑↓]/);
  await context.close();
});

async function assertChartsDrawn(page: Page, scheme: string, device: string): Promise<void> {
  const images = await page.evaluate<[string, number][]>(
    "Promise.all([...document.querySelectorAll('figure img')].map(async (i) => (await i.decode(), [i.currentSrc, i.naturalWidth])))",
  );
  assert.equal(images.length, 6);
  for (const [address, width] of images) {
    assert.match(address, new RegExp(`scheme=${scheme}&size=${device === "phone" ? "small" : "wide"}`));
    assert.ok(width > 300);
  }
}

test("the mark of one's own session is as wide as its word, on a phone too", async () => {
  for (const [view, locale] of [
    [MOBILE, "en-US"],
    [NARROW, "zh-CN"],
    [DESKTOP, "en-US"],
  ] as const) {
    const context = await openContext({ locale, ...view });
    const page = await context.newPage();
    await page.goto(`${program.url}/sessions/?by=owner&q=admin`);
    const badge = page.locator("tr.own .badge");
    const box = await badge.boundingBox();
    // Its word has three letters at most.
    assert.ok(box !== null && box.width > 20 && box.width < 60, `${box?.width} wide at ${view.viewport.width}`);
    await context.close();
  }
});

test("nothing sticks out of a window of 320 pixels, with names of any length", async () => {
  const long = "a-name-of-many-characters-without-a-single-space-in-it-".repeat(3);
  const visitor = createVisitor(program.sessions);
  await visitor.request((session) => session.login(long, { userAgent: `${long}/1.0`, address: long, place: long }));
  const context = await openContext(NARROW);
  const page = await context.newPage();
  const paths = [`/sessions/?by=owner&q=${long}`, `/sessions/?by=device&q=iphone`, "/sessions/?by=device&q=nothing"];
  for (const path of ["/sessions", "/sessions/activity", "/devices", "/sessions/nothing", ...paths]) {
    await page.goto(program.url + path);
    await assertFits(page, 320, path);
  }
  await page.goto(`${program.url}/sessions/?by=owner&q=${long}`);
  await follow(page, page.locator("a.key"));
  await assertFits(page, 320, "session");
  await context.close();
});

test("by keyboard alone: skip to the content, search, select all, be asked, say no, say yes", async () => {
  for (let i = 0; i < 3; i++) await createVisitor(program.sessions).request((session) => session.login("keyboard"));
  const context = await openContext(DESKTOP);
  const page = await context.newPage();
  const focused = (): Promise<string> =>
    page.evaluate<string>(
      "(({ id, textContent, ariaLabel }) => id || ariaLabel || textContent.trim())(document.activeElement)",
    );
  await page.goto(`${program.url}/sessions`);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to content");
  assert.equal(
    await page.evaluate("getComputedStyle(document.activeElement).outlineStyle"),
    "solid",
    "a visible focus",
  );
  await page.keyboard.press("Enter");
  assert.equal(await focused(), "main");

  for (let i = 0; (await focused()) !== "q"; i++) {
    assert.ok(i < 10);
    await page.keyboard.press("Tab");
  }
  await page.keyboard.type("keyboard");
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=keyboard/);
  assert.equal(await page.locator("tbody tr").count(), 3);

  await page.getByLabel("Select all on this page").focus();
  await page.keyboard.press("Space");
  assert.equal(await page.locator("tbody :checked").count(), 3);
  await page.keyboard.press("Shift+Tab");
  assert.equal(await focused(), "End selected");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "End the selected sessions (3)?" });
  await dialog.waitFor();
  assert.equal(await focused(), "Cancel", "the harmless answer is the first");
  await assertAccessible(page, "dialog");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  assert.equal(await focused(), "End selected", "the focus is back");
  assert.equal((await program.sessions.list("keyboard")).length, 3);

  await page.keyboard.press("Enter");
  await dialog.waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("status").waitFor();
  assert.equal(await page.getByRole("status").textContent(), "3 sessions ended.");
  assert.deepEqual(await program.sessions.list("keyboard"), []);
  assert.deepEqual(context.problems, []);
  await context.close();
});

test("without a script a page asks instead of the dialog, and everything is there", async () => {
  await createVisitor(program.sessions).request((session) => session.login("scriptless"));
  const context = await openContext({ ...DESKTOP, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${program.url}/sessions`);
  await page.getByRole("searchbox").fill("scriptless");
  await follow(page, page.getByRole("button", { name: "Search" }));
  await follow(page, page.getByRole("button", { name: /^End session/ }));
  assert.equal(await page.locator("h1").textContent(), "End this session?");
  await follow(page, page.getByRole("link", { name: "Cancel" }));
  assert.equal((await program.sessions.list("scriptless")).length, 1);
  await follow(page, page.getByRole("button", { name: "End all sessions of scriptless" }));
  await follow(page, page.getByRole("button", { name: "End now" }));
  assert.equal(await page.getByRole("status").textContent(), "1 session ended.");
  assert.deepEqual(await program.sessions.list("scriptless"), []);

  await page.goto(`${program.url}/sessions/activity`);
  await page.getByText("Show as a table").first().click();
  assert.ok((await page.locator("details[open] tbody tr").count()) > 5);
  await context.close();
});

test("on the devices page a user logs out everywhere else, and the page of the charts can be kept still", async () => {
  await createVisitor(program.sessions).request((session) => session.login("admin", { userAgent: PHONE }));
  const context = await openContext(MOBILE);
  const page = await context.newPage();
  await page.goto(`${program.url}/devices`);
  await page.getByRole("button", { name: "Log out everywhere else" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Log out everywhere else" }).click();
  await page.getByRole("status").waitFor();
  assert.equal((await program.sessions.list("admin")).length, 1);

  await page.goto(`${program.url}/sessions/activity`);
  const live = page.getByRole("button", { name: "Live" });
  assert.equal(await live.getAttribute("aria-pressed"), "true");
  await live.click();
  assert.equal(await live.getAttribute("aria-pressed"), "false");
  assert.deepEqual(context.problems, []);
  await context.close();
});

if (SCREENSHOTS) {
  test("pictures for the docs", async () => {
    await program.sessions.revokeAll("admin");
    await createVisitor(program.sessions).request((session) =>
      session.login("admin", { userAgent: PHONE, address: "198.51.100.23", place: "Osaka, JP" }),
    );
    const shoot = async (file: string, name: (typeof PAGES)[number], options: BrowserContextOptions): Promise<void> => {
      const context = await openContext(options);
      const page = await context.newPage();
      await open(page, name);
      await page.waitForLoadState("networkidle");
      await page.screenshot({ path: join(SCREENSHOTS, `console-${file}.png`) });
      await program.sessions.revokeAll("admin", { except: phone });
      await context.close();
    };
    const [{ key: phone } = { key: "" }] = await program.sessions.list("admin");
    await shoot("list-light", "/sessions", { ...DESKTOP, colorScheme: "light" });
    await shoot("list-dark-zh", "/sessions", { ...DESKTOP, colorScheme: "dark", locale: "zh-CN" });
    await shoot("activity-light", "/sessions/activity", { ...DESKTOP, colorScheme: "light" });
    await shoot("activity-phone-dark", "/sessions/activity", { ...MOBILE, colorScheme: "dark" });
    await shoot("list-phone-light-zh", "/sessions", { ...MOBILE, colorScheme: "light", locale: "zh-CN" });
    await shoot("session-dark", "session", { ...DESKTOP, colorScheme: "dark" });
    await shoot("devices-light", "/devices", { ...DESKTOP, colorScheme: "light" });
    await shoot("devices-phone-dark-zh", "/devices", { ...MOBILE, colorScheme: "dark", locale: "zh-CN" });
  });
}
