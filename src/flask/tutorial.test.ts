// The tutorial's program, examples/tutorial, as a developer starts it, over HTTP.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { ROOT, start } from "../../test/fixtures/flask/helpers.ts";

test("the tutorial's steps: not logged in, the form, logged in, logged out", async (t) => {
  const program = await start(t, await copyOfTutorial(t));
  const visitor = program.visit();

  const home = await visitor.get("/");
  assert.equal(home.headers.get("content-type"), "text/html; charset=utf-8");
  assert.equal(await home.text(), "您暂未登录, <br><a href = '/login'></b>点击这里登录</b></a>");
  assert.deepEqual(home.headers.getSetCookie(), []);

  assert.match(await (await visitor.get("/login")).text(), /<input type="text" name="username"\/>/);
  const login = await visitor.post("/login", { username: "<i>admin" });
  assert.equal(login.status, 302);
  assert.equal(login.headers.get("location"), "/");

  const loggedIn = await (await visitor.get("/")).text();
  assert.equal(loggedIn, "登录用户名是:&lt;i&gt;admin<br><b><a href = '/logout'>点击这里注销</a></b>");
  assert.equal((await visitor.get("/logout")).headers.get("location"), "/");
  assert.match(await (await visitor.get("/")).text(), /您暂未登录/);
  assert.equal(visitor.cookies.size, 0);
});

test("docs/flask.md shows the program as it is", async () => {
  const [program, page] = await Promise.all(
    ["examples/tutorial/app.ts", "docs/flask.md"].map((file) => readFile(path.join(ROOT, file), "utf8")),
  );
  assert.ok(page?.includes(program?.trim() ?? "?"));
});

/** The program in a folder of its own, at any free port, which is all that differs. */
async function copyOfTutorial(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "coatcheck-tutorial-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const source = await readFile(path.join(ROOT, "examples/tutorial/app.ts"), "utf8");
  const file = path.join(folder, "app.ts");
  const library = JSON.stringify(path.join(ROOT, "src/flask/index.ts"));
  await writeFile(file, source.replace('"coatcheck/flask"', library).replace("debug: true", "debug: true, port: 0"));
  return file;
}
