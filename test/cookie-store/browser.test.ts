// What the store takes, a browser keeps: asked of Chromium, since no client of the tests has its limits.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { cookieStore } from "../../src/stores/cookie/index.ts";
import type { Handler } from "../behaviour/app.ts";
import { hono } from "../behaviour/servers/web.ts";
import { prepare } from "../behaviour/start-app.ts";
import { launchChromium } from "../fixtures/chromium.ts";

const browser = await launchChromium();
after(() => browser.close());

const start = prepare(hono);

const routes: Handler = async (path, session) => {
  const [, route, length] = path.split("/");
  if (route === "fill") session["note"] = "x".repeat(Number(length));
  return { body: String(String(session["note"] ?? "").length) };
};

test("S21 Chromium keeps the largest session that is taken, and the session stays when a larger one is refused", async () => {
  const { url } = await start({ store: cookieStore() }, {}, routes);
  const page = await (await browser.newContext()).newPage();
  const ask = async (path: string): Promise<[number, string | null]> => {
    const response = await page.goto(url + path);
    return [response?.status() ?? 0, await page.textContent("body")];
  };
  let length = 2_900;
  while ((await ask(`/fill/${length}`))[0] === 200) length++;
  assert.ok(length > 2_901 && length < 3_000, `${length}`);
  assert.deepEqual(await ask("/"), [200, String(length - 1)]);
  const [cookie] = await page.context().cookies();
  const size = `${cookie?.name}=${cookie?.value}`.length;
  assert.ok(size > 4_088 && size <= 4_093, `${size}`);
});
