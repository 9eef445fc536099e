// A scripted attacker who plants cookies from a subdomain, against the started login program. Every attempt fails.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Page } from "playwright-core";
import { follow } from "../fixtures/chromium.ts";
import { prepareAttacks } from "./attack-setup.ts";

const setup = prepareAttacks();

describe("S19 S37 cookies from a subdomain", () => {
  /** A page of evil.shop.test sets cookies for all of shop.test. */
  async function toss(page: Page, cookies: readonly string[]): Promise<void> {
    setup.attacker.serve("/toss", (_req, res) => {
      res.writeHead(200, {
        "Content-Type": "text/html",
        "Set-Cookie": cookies.map((set) => `${set}; Domain=shop.test`),
      });
      res.end("tossed");
    });
    await page.goto(`${setup.attacker.at("evil.shop.test")}/toss`);
    const kept = (await setup.context.cookies()).filter(({ domain }) => domain === ".shop.test");
    assert(kept.length > 0, "the browser took them");
  }

  const PATHS = ["/", "/login", "/logout"];
  const GARBAGE = [
    "session=",
    "session=x",
    `session=${"A".repeat(43)}.${"A".repeat(43)}`,
    `session=${"x".repeat(3000)}`,
  ];

  test("S19 S37 a planted session without a login, and garbage, neither log the victim out nor in", async () => {
    const app = setup.program.at("app.shop.test");
    const page = await setup.context.newPage();
    await setup.logIn(page, "victim", app);
    const { cookie } = await setup.attackersSession(false);
    for (const planted of [cookie, ...GARBAGE]) {
      // Under "/" it is younger than the victim's, so it stands behind it; under the others it stands before it.
      for (const path of PATHS) await toss(page, [`${planted}; Path=${path}`]);
      assert.equal(await setup.heading(page, app), "Logged in as victim", planted.slice(0, 30));
    }
  });

  test("S19 S37 the attacker's own login, planted for longer paths, takes no part in the victim's login and logout", async () => {
    const app = setup.program.at("app.shop.test");
    const page = await setup.context.newPage();
    await setup.logIn(page, "victim", app);
    const { cookie } = await setup.attackersSession(true);
    await toss(page, [`${cookie}; Path=/login`, `${cookie}; Path=/logout`]);
    assert.equal(await setup.heading(page, app), "Logged in as victim");
    const own = (await setup.context.cookies()).find(({ domain }) => domain === "app.shop.test");
    await follow(page, page.getByRole("link", { name: "click here to log out" }));
    await page.waitForURL(app);
    const [last] = setup.program.seen.filter(({ path }) => path === "/logout");
    assert.equal(last?.headers.cookie?.match(/session=/g)?.length, 2, "both were sent");
    assert.equal(
      await setup.greeting(`session=${own?.value}`),
      "You are not logged in",
      "it is the victim's that ended",
    );
    assert.equal(await setup.greeting(cookie), "Logged in as attacker");
  });

  test("S5 S19 S37 a session planted from a subdomain before the login does not become the victim's", async () => {
    const app = setup.program.at("app.shop.test");
    for (const isLoggedIn of [false, true]) {
      for (const path of PATHS.slice(0, 2)) {
        await setup.context.clearCookies();
        const page = await setup.context.newPage();
        const { cookie } = await setup.attackersSession(isLoggedIn);
        await toss(page, [`${cookie}; Path=${path}`]);
        await setup.logIn(page, "victim", app);
        assert.equal(await setup.heading(page, app), "Logged in as victim");
        assert.notEqual(await setup.greeting(cookie), "Logged in as victim");
        await page.close();
      }
    }
  });

  test("S19 S37 many cookies of the name, in either order, are no way around the victim's", async () => {
    const victim = await setup.openForm();
    const login = await setup.postForm("login", { username: "victim", _csrf: victim.token }, { cookie: victim.cookie });
    const own = login.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    const strangers = await Promise.all(Array.from({ length: 7 }, () => setup.attackersSession(false)));
    const planted = [...GARBAGE.slice(0, 3), ...strangers.map(({ cookie }) => cookie)];
    for (const cookies of [
      [...planted, own],
      [own, ...planted],
      [...planted, own, ...planted],
    ]) {
      assert.equal(await setup.greeting(cookies.join("; ")), "Logged in as victim");
    }
  });
});

test("S15 S37 the session's cookie is hidden from scripts and bound to this host, and no other cookie is set", async () => {
  const page = await setup.context.newPage();
  await setup.logIn(page, "victim");
  const [cookie, ...others] = await setup.context.cookies();
  assert.deepEqual(others, []);
  const { name, domain, path, httpOnly, sameSite, expires } = cookie ?? {};
  assert.deepEqual([name, domain, path, httpOnly, sameSite, expires], ["session", "127.0.0.1", "/", true, "Lax", -1]);
  assert.equal(await page.evaluate("document.cookie"), "");
  const login = await setup.postForm("login", { username: "victim" });
  assert.match(login.headers.getSetCookie().join(), /^session=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax$/);
  const proxied = await setup.postForm("login", { username: "victim" }, { "x-forwarded-proto": "https" });
  assert.doesNotMatch(proxied.headers.getSetCookie().join(), /Secure|Domain/);
});
