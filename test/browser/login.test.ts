// The login program in real Chromium: what a visitor sees and does.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { follow, launchChromium } from "../fixtures/chromium.ts";
import { type RunningExample, startExample } from "../fixtures/example.ts";
import { SECRET } from "../fixtures/manager.ts";

const folder = mkdtempSync(join(tmpdir(), "coatcheck-browser-"));
const environment = { SECRET_KEY: SECRET, SESSION_PATH: join(folder, "sessions") };

let browser: Browser;
let example: RunningExample;
let context: BrowserContext;

before(async () => {
  browser = await launchChromium();
  example = await startExample(environment);
});
after(async () => {
  await browser?.close();
  await example?.kill();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await context?.close();
  context = await browser.newContext({ locale: "en-US" });
});

async function logIn(page: Page, name: string, button = "Login"): Promise<void> {
  await page.goto(`${example.url}login`);
  await page.locator("input[name=username]").fill(name);
  await follow(page, page.getByRole("button", { name: button, exact: true }));
}

async function heading(page: Page): Promise<string> {
  return (await page.locator("h1").textContent())?.trim() ?? "";
}

const languages = [
  {
    locale: "en-US",
    lang: "en",
    texts: ["You are not logged in", "click here to log in", "Login", "Logged in as admin", "click here to log out"],
  },
  {
    locale: "zh-CN",
    lang: "zh-CN",
    texts: ["您暂未登录", "点击这里登录", "登录", "登录用户名是:admin", "点击这里注销"],
  },
];
for (const { locale, lang, texts } of languages) {
  test(`the whole flow for a browser that asks for ${locale}`, async () => {
    const [notLoggedIn = "", logInLink = "", button = "", loggedIn = "", logOutLink = ""] = texts;
    const own = await browser.newContext({ locale });
    const page = await own.newPage();
    const problems: string[] = [];
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));

    await page.goto(example.url);
    assert.equal(await heading(page), notLoggedIn);
    assert.equal(await page.locator("html").getAttribute("lang"), lang);
    assert.deepEqual(await own.cookies(), [], "no cookie before there is something to keep");
    await follow(page, page.getByRole("link", { name: logInLink, exact: true }));
    // It has the focus, so a visitor can type at once.
    await page.waitForFunction("document.activeElement.name === 'username'");
    assert.equal(await page.locator("label").count(), 1);
    await page.keyboard.type("admin");
    await follow(page, page.getByRole("button", { name: button, exact: true }));

    assert.equal(page.url(), example.url);
    assert.equal(await heading(page), loggedIn);
    const [cookie] = await own.cookies();
    assert.deepEqual([cookie?.httpOnly, cookie?.sameSite, cookie?.path], [true, "Lax", "/"]);
    assert.equal(await page.evaluate("document.cookie"), "", "scripts do not see it");
    await follow(page, page.getByRole("link", { name: logOutLink, exact: true }));
    assert.equal(await heading(page), notLoggedIn);
    assert.deepEqual(await own.cookies(), []);
    assert.deepEqual(problems, []);
    await own.close();
  });
}

test("a script as the user's name is shown and not run", async () => {
  const page = await context.newPage();
  page.on("dialog", () => assert.fail("a script ran"));
  for (const name of [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    "' & <b>bold</b>",
  ]) {
    await logIn(page, name);
    assert.equal(await heading(page), `Logged in as ${name}`);
    assert.equal(await page.locator("h1 *").count(), 0);
  }
});

test("still logged in after the server was killed and started again, also with the cookie alone", async () => {
  const page = await context.newPage();
  await logIn(page, "admin");
  assert.equal(await heading(page), "Logged in as admin");
  await example.kill();
  example = await startExample(environment);
  await page.goto(example.url);
  assert.equal(await heading(page), "Logged in as admin");
});

test("two browsers at once are two visitors", async () => {
  const other = await browser.newContext({ locale: "en-US" });
  const [ada, grace] = [await context.newPage(), await other.newPage()];
  await Promise.all([logIn(ada, "ada"), logIn(grace, "grace")]);
  await Promise.all([ada.reload(), grace.reload()]);
  assert.deepEqual([await heading(ada), await heading(grace)], ["Logged in as ada", "Logged in as grace"]);
  await follow(ada, ada.getByRole("link", { name: "click here to log out" }));
  await grace.reload();
  assert.deepEqual([await heading(ada), await heading(grace)], ["You are not logged in", "Logged in as grace"]);
  await other.close();
});

test("a cookie edited by hand opens nothing, and the one of before a logout neither", async () => {
  const page = await context.newPage();
  await logIn(page, "admin");
  const [cookie] = await context.cookies();
  assert(cookie);
  const put = async (value: string): Promise<string> => {
    await context.addCookies([{ ...cookie, value }]);
    await page.goto(example.url);
    return heading(page);
  };
  const flipped = (cookie.value.startsWith("A") ? "B" : "A") + cookie.value.slice(1);
  for (const value of [flipped, cookie.value.slice(0, -1), `${cookie.value}A`, "admin", "x".repeat(3000)]) {
    assert.equal(await put(value), "You are not logged in", value.slice(0, 20));
  }
  assert.equal(await put(cookie.value), "Logged in as admin");
  await follow(page, page.getByRole("link", { name: "click here to log out" }));
  assert.equal(await put(cookie.value), "You are not logged in");
});

test("an empty name is refused with a word to it, and an overlong one too", async () => {
  const page = await context.newPage();
  for (const [name, problem] of [
    ["   ", "Please enter a username."],
    ["x".repeat(65), "A username has at most 64 characters."],
  ] as const) {
    await page.goto(`${example.url}login`);
    await page.locator("form").evaluate((form) => form.setAttribute("novalidate", ""));
    const input = page.locator("input[name=username]");
    await input.evaluate((element) => element.removeAttribute("maxlength"));
    await input.fill(name);
    await follow(page, page.getByRole("button"));
    assert.equal(await page.getByRole("alert").textContent(), problem);
  }
  await page.goto(example.url);
  assert.equal(await heading(page), "You are not logged in");
});

test("the pages fit a phone, in light and dark", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    const phone = await browser.newContext({ viewport: { width: 360, height: 640 }, colorScheme, isMobile: true });
    const page = await phone.newPage();
    await logIn(page, "a-name-of-sixty-four-characters-without-a-single-space-in-it-4567");
    assert(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out");
    const screenshots = process.env["SCREENSHOTS"];
    if (screenshots) {
      await page.screenshot({ path: join(screenshots, `phone-${colorScheme}.png`) });
      await page.goto(`${example.url}login`);
      await page.screenshot({ path: join(screenshots, `phone-login-${colorScheme}.png`) });
    }
    await phone.close();
  }
});
