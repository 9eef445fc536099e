// A scripted attacker against the started login program: sessions planted before a login, and forged requests. Every attempt
// fails. (See attack-setup.ts for who is where.)
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { follow } from "../fixtures/chromium.ts";
import { OTHER_ORIGINS, prepareAttacks } from "./attack-setup.ts";

const setup = prepareAttacks();

describe("S4 S5 S37 session fixation", () => {
  test("S4 S37 a session ID that nobody has given out, planted before the login, is not adopted", async () => {
    for (const value of ["admin", "A".repeat(43), `${"A".repeat(43)}.${"B".repeat(43)}`]) {
      await setup.context.clearCookies();
      await setup.context.addCookies([{ name: "session", value, url: setup.program.at("127.0.0.1") }]);
      await setup.logIn(await setup.context.newPage(), "victim");
      assert.equal(await setup.greeting(`session=${value}`), "You are not logged in");
      assert((await setup.context.cookies()).every((cookie) => cookie.value !== value));
    }
  });

  for (const isLoggedIn of [false, true]) {
    const what = isLoggedIn ? "the attacker is logged in with" : "the attacker has got with the form";
    test(`S5 S37 a session that ${what}, planted before the login, does not become the victim's`, async () => {
      const planted = await setup.attackersSession(isLoggedIn);
      await setup.context.addCookies([
        { name: "session", value: planted.cookie.slice("session=".length), url: setup.program.at("127.0.0.1") },
      ]);
      const page = await setup.context.newPage();
      await setup.logIn(page, "victim");
      assert.equal(await setup.heading(page), "Logged in as victim");
      assert.equal(await setup.greeting(planted.cookie), "You are not logged in");
      const [cookie] = await setup.context.cookies();
      assert.notEqual(`session=${cookie?.value}`, planted.cookie);
      // The token that the attacker has seen ended with it.
      const forged = await setup.postForm(
        "login",
        { username: "attacker", _csrf: planted.token },
        { cookie: `session=${cookie?.value}` },
      );
      assert.equal(forged.status, 403);
      assert.equal(await setup.heading(page), "Logged in as victim");
    });
  }

  test("S5 S37 a session ID in the URL or in the form is none", async () => {
    const { cookie } = await setup.attackersSession(true);
    const value = cookie.slice("session=".length);
    for (const path of [`?session=${value}`, `?sid=${value}`, `;session=${value}`, `login?session=${value}`]) {
      const response = await fetch(setup.url + path);
      assert.doesNotMatch(await response.text(), /Logged in as/);
      assert(response.headers.getSetCookie().every((set) => !set.includes(value)));
    }
    const response = await setup.postForm("login", { username: "victim", session: value });
    assert(response.headers.getSetCookie().every((set) => !set.includes(value)));
  });
});

/** How a page makes a browser post. TARGET stands for the URL. */
const POSTS: Readonly<Record<string, string>> = {
  "a form": form(""),
  "a multipart form": form('enctype="multipart/form-data"'),
  "a form of plain text": form('enctype="text/plain"'),
  "a form into a frame": `<iframe name="inner"></iframe>${form('target="inner"')}`,
  "a form of a sandboxed frame": `<iframe sandbox="allow-scripts allow-forms" srcdoc='${form("")}'></iframe>`,
  "a form in a page that hides where it is": `<meta name="referrer" content="no-referrer">${form("")}`,
  "fetch() with cookies": `<script>
    fetch("TARGET", { method: "POST", mode: "no-cors", credentials: "include", body: new URLSearchParams({ username: "attacker" }) });
  </script>`,
  "a beacon": `<script>navigator.sendBeacon("TARGET", new URLSearchParams({ username: "attacker" }));</script>`,
};

function form(attributes: string): string {
  return `<form action="TARGET" method="post" ${attributes}><input name="username" value="attacker"></form>
    <script>onload = () => setTimeout(() => document.forms[0].submit());</script>`;
}

/** How a page makes a browser ask for a page. */
const GETS: Readonly<Record<string, string>> = {
  "an image": `<img src="TARGET">`,
  "a style sheet": `<link rel="stylesheet" href="TARGET">`,
  "a script": `<script src="TARGET"></script>`,
  "a frame": `<iframe src="TARGET"></iframe>`,
  "an object": `<object data="TARGET"></object>`,
  "fetch() with cookies": `<script>fetch("TARGET", { mode: "no-cors", credentials: "include" });</script>`,
  "fetch() of the head alone": `<script>fetch("TARGET", { method: "HEAD", mode: "no-cors", credentials: "include" });</script>`,
  "a link that is clicked": `<a id="click" href="TARGET">A kitten!</a>`,
  "a link into a new window": `<a id="click" href="TARGET" target="_blank">A kitten!</a>`,
  "a window that a script opens": `<button id="click" onclick="window.open('TARGET')">A kitten!</button>`,
  "a navigation by a script": `<script>onload = () => setTimeout(() => { location = "TARGET"; });</script>`,
  "a refresh": `<meta http-equiv="refresh" content="0; url=TARGET">`,
  "a redirect": `<a id="click" href="/redirect?TARGET">A kitten!</a>`,
  "a form that gets": `<form action="TARGET"></form>
    <script>onload = () => setTimeout(() => document.forms[0].submit());</script>`,
};

describe("S36 S37 forged requests", () => {
  for (const [whose, host, fetchSite] of OTHER_ORIGINS) {
    for (const who of ["nobody", "victim"] as const) {
      const state = who === "nobody" ? "You are not logged in" : "Logged in as victim";

      test(`S36 S37 ${whose} logs ${who} in as the attacker: CSRF login`, async () => {
        const page = await setup.context.newPage();
        if (who === "victim") await setup.logIn(page, "victim");
        const before = await setup.context.cookies();
        for (const [how, html] of Object.entries(POSTS)) {
          const attack = html.replace("TARGET", `${setup.program.at("127.0.0.1")}login`);
          const { answers } = await setup.strike(setup.attacker.at(host), attack, "/login");
          for (const { method, status, headers } of answers) {
            assert.deepEqual([method, status], ["POST", 403], how);
            // A sandboxed frame is of no site at all.
            assert.match(String(headers["sec-fetch-site"]), how.includes("sandboxed") ? /-site$/ : RegExp(fetchSite));
          }
          assert.equal(await setup.heading(page), state, how);
          assert.deepEqual(await setup.context.cookies(), before, how);
        }
      });

      test(`S36 S37 ${whose} logs ${who} in as the attacker with a token that is the attacker's own`, async () => {
        const page = await setup.context.newPage();
        if (who === "victim") await setup.logIn(page, "victim");
        const { token } = await setup.attackersSession(false);
        const url = `${setup.program.at("127.0.0.1")}login`;
        const html = form("").replace("TARGET", url).replace("</form>", `<input name="_csrf" value="${token}"></form>`);
        const { answers } = await setup.strike(setup.attacker.at(host), html, "/login");
        assert.deepEqual(
          answers.map(({ status }) => status),
          [403],
        );
        assert.equal(await setup.heading(page), state);
      });
    }

    test(`S36 S37 ${whose} logs the victim out: CSRF logout`, async () => {
      const page = await setup.context.newPage();
      await setup.logIn(page, "victim");
      const before = await setup.context.cookies();
      const url = `${setup.program.at("127.0.0.1")}logout`;
      setup.attacker.serve(`/redirect?${url}`, (_req, res) => void res.writeHead(302, { Location: url }).end());
      for (const [how, html] of [...Object.entries(GETS), ...Object.entries(POSTS)]) {
        const { answers } = await setup.strike(setup.attacker.at(host), html.replace("TARGET", url), "/logout");
        for (const { status } of answers) assert.equal(status, 403, how);
        assert.equal(await setup.heading(page), "Logged in as victim", how);
        assert.deepEqual(await setup.context.cookies(), before, how);
      }
      // The program's own link does what all these did not.
      await follow(page, page.getByRole("link", { name: "click here to log out" }));
      assert.equal(await setup.heading(page), "You are not logged in");
    });
  }

  for (const host of ["evil.test", "evil.shop.test"]) {
    test(`S36 S37 on http without Fetch Metadata, ${host} posts to app.shop.test: the origin tells`, async () => {
      const app = setup.program.at("app.shop.test");
      const page = await setup.context.newPage();
      await setup.logIn(page, "victim", app);
      for (const path of ["login", "logout"]) {
        for (const [how, html] of Object.entries(POSTS)) {
          const attack = html.replace("TARGET", app + path);
          const { answers } = await setup.strike(setup.attacker.at(host), attack, `/${path}`);
          for (const { status, headers } of answers) {
            assert.deepEqual([status, headers["sec-fetch-site"]], [403, undefined], how);
            assert.match(String(headers.origin), /^null$|evil/);
          }
        }
      }
      assert.equal(await setup.heading(page, app), "Logged in as victim");
    });
  }

  test("S36 S37 raw requests with a wrong token, or with another site's headers, change nothing", async () => {
    const { cookie } = await setup.attackersSession(true);
    const foreign = await setup.openForm();
    for (const token of ["", "x", foreign.token, foreign.token.slice(0, -1)]) {
      const response = await setup.postForm("login", { username: "other", _csrf: token }, { cookie });
      assert.deepEqual([response.status, response.headers.getSetCookie()], [403, []]);
      assert.match(await response.text(), /This page was out of date/);
    }
    const hostile: Record<string, string>[] = [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "cross-site", origin: setup.url.slice(0, -1) },
      { origin: "null" },
      { origin: "http://evil.example" },
      { origin: `${setup.url.slice(0, -1)}.evil.example` },
      { origin: "http://evil.example", "x-forwarded-host": "evil.example" },
    ];
    for (const headers of hostile) {
      for (const [path, method] of [
        ["login", "POST"],
        ["logout", "POST"],
        ["logout", "GET"],
        ["logout", "HEAD"],
      ] as const) {
        const body = method === "POST" ? new URLSearchParams({ username: "other" }) : null;
        const response = await fetch(setup.url + path, { method, body, headers: { ...headers, cookie } });
        assert.deepEqual([response.status, response.headers.getSetCookie()], [403, []], `${method} ${path}`);
      }
    }
    assert.equal(await setup.greeting(cookie), "Logged in as attacker");
  });
});
