// What the scripted attacks stand on: the started login program, Chromium with a victim's cookies, and a site of the
// attacker's.
//
// The program is at 127.0.0.1. The attacker's pages are at localhost, which is another site, and at another port of
// 127.0.0.1, which is another origin of the same site: cookies go there and come from there. Browsers trust both addresses,
// so they send Fetch Metadata. To the names in .test they send none, as to any http site.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { launchChromium } from "../fixtures/chromium.ts";
import { type RunningExample, startExample } from "../fixtures/example.ts";
import { SECRET } from "../fixtures/manager.ts";
import { type AttackerSite, type SeenRequest, startAttackerSite, type WatchedSite, watchSite } from "./attacker.ts";

/** Whose pages attack, and what the browser says of them. */
export const OTHER_ORIGINS = [
  ["another site", "localhost", "cross-site"],
  ["another origin of the same site", "127.0.0.1", "same-site"],
] as const;

interface Visit {
  /** `session=…` */
  readonly cookie: string;
  readonly token: string;
}

interface AttackSetup {
  /** The program itself, for requests of no browser; ends with a slash. */
  readonly url: string;
  /** The program as browsers reach it, watched. */
  readonly program: WatchedSite;
  readonly attacker: AttackerSite;
  /** The victim's browser; a new one for each test. */
  readonly context: BrowserContext;
  /** Where scripts of the attacker's have called `pwned()`. */
  readonly ranOn: string[];
  newContext(locale: string): Promise<BrowserContext>;
  /** The heading of the program's first page, as this page's browser sees it. */
  heading(page: Page, site?: string): Promise<string>;
  logIn(page: Page, name: string, site?: string): Promise<void>;
  /** What a request with a cookie, and nothing else, is told. */
  greeting(cookie: string): Promise<string>;
  /** The attacker's own session: as it is before a login, or after one as "attacker". */
  attackersSession(isLoggedIn: boolean): Promise<Visit>;
  /** The form, as it comes to a program with this cookie. */
  openForm(cookie?: string): Promise<Visit>;
  postForm(path: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Response>;
  /**
   * The victim opens a page of the attacker's, which sends the browser to a path of the program, by itself or when the
   * victim clicks on `#click`.
   */
  strike(origin: string, html: string, path: string): Promise<{ page: Page; answers: readonly SeenRequest[] }>;
}

/** Starts it all before a file's tests. */
export function prepareAttacks(): AttackSetup {
  const folder = mkdtempSync(join(tmpdir(), "coatcheck-attacks-"));
  const ranOn: string[] = [];
  let example: RunningExample;
  let program: WatchedSite;
  let attacker: AttackerSite;
  let browser: Browser;
  let context: BrowserContext;

  before(async () => {
    example = await startExample({ SECRET_KEY: SECRET, SESSION_PATH: join(folder, "sessions") });
    program = await watchSite(example.url);
    attacker = await startAttackerSite();
    browser = await launchChromium("--host-resolver-rules=MAP *.test 127.0.0.1");
  });
  after(async () => {
    await browser?.close();
    attacker?.close();
    program?.close();
    await example?.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await context?.close();
    context = await newContext("en-US");
    program.forget();
    ranOn.splice(0);
  });

  async function newContext(locale: string): Promise<BrowserContext> {
    const created = await browser.newContext({ locale });
    await created.exposeBinding("pwned", ({ frame }) => ranOn.push(frame.url()));
    return created;
  }

  async function openForm(cookie = ""): Promise<Visit> {
    const response = await fetch(`${example.url}login`, { headers: { cookie } });
    const token = /name="_csrf" value="([\w-]+)"/.exec(await response.text())?.[1] ?? "";
    return { token, cookie: response.headers.getSetCookie()[0]?.split(";")[0] ?? cookie };
  }

  function postForm(path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
    const body = new URLSearchParams(fields);
    return fetch(example.url + path, { method: "POST", body, headers, redirect: "manual" });
  }

  return {
    get url() {
      return example.url;
    },
    get program() {
      return program;
    },
    get attacker() {
      return attacker;
    },
    get context() {
      return context;
    },
    ranOn,
    newContext,
    openForm,
    postForm,

    async logIn(page, name, site = program.at("127.0.0.1")) {
      await page.goto(`${site}login`);
      await page.locator("input[name=username]").fill(name);
      await page.locator("button[type=submit]").click();
      await page.waitForURL(site);
    },

    async heading(page, site = program.at("127.0.0.1")) {
      await page.goto(site);
      return (await page.locator("h1").textContent())?.trim() ?? "";
    },

    async greeting(cookie) {
      const text = await (await fetch(example.url, { headers: { cookie } })).text();
      return /<h1>(.*?)<\/h1>/.exec(text)?.[1] ?? text;
    },

    async attackersSession(isLoggedIn) {
      const form = await openForm();
      if (!isLoggedIn) return form;
      const response = await postForm("login", { username: "attacker", _csrf: form.token }, { cookie: form.cookie });
      assert.equal(response.status, 302);
      return openForm(response.headers.getSetCookie()[0]?.split(";")[0]);
    },

    async strike(origin, html, path) {
      const own = program.at("127.0.0.1");
      const isStruck = (request: SeenRequest): boolean =>
        request.path.split("?")[0] === path && !request.headers.referer?.startsWith(own);
      program.forget();
      attacker.serve("/attack", `<!doctype html><title>attack</title>${html}`);
      const page = await context.newPage();
      const isSeen = (): boolean => program.seen.some(isStruck);
      const attack = async (): Promise<boolean> => {
        // The page may be on its way already when it is there.
        await page.goto(`${origin}/attack`, { waitUntil: "commit" }).catch(() => undefined);
        if (html.includes('id="click"')) {
          await page
            .locator("#click")
            .click({ noWaitAfter: true, timeout: 20_000 })
            .catch(() => undefined);
        }
        return comesToBe(isSeen, 20_000);
      };
      // It has happened that no request came, and nobody knows why: then the page is opened again.
      await waitUntil(async () => isSeen() || attack(), `${html} was to ask for ${path}`);
      return { page, answers: program.seen.filter(isStruck) };
    },
  };
}

/** Waits until something is so, ten minutes at most. */
export async function waitUntil(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  if (!(await comesToBe(isSo, 10 * 60_000))) throw new Error(`It did not come to it: ${what}`);
}

/** Whether something is so before a time in ms is over. */
async function comesToBe(isSo: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; !(await isSo()); await new Promise((resolve) => setTimeout(resolve, 20))) {
    if (Date.now() > end) return false;
  }
  return true;
}
