// Templates: Jinja's language, everything escaped, with the request's names at hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp, muteErrors, visitorOf } from "../../test/fixtures/flask/helpers.ts";
import { abort, flash, html, renderTemplate, session } from "./index.ts";

test("values are escaped, markup and inherited pages are not, and the request is at hand", async () => {
  const app = createApp();
  app.get("/user/<int:id>", function user({ id }) {
    session.username = "<admin>";
    flash("<saved>", "info");
    return renderTemplate("page.html", { id, name: "<b>", safe: html`<i>${"<"}</i>` });
  });
  const page = await (await visitorOf(app).get("/user/7?tab=a&b=c")).text();
  assert.equal(
    page.replace(/\s+/g, " ").trim(),
    [
      "<main> 7 &lt;b&gt; <i>&lt;</i>",
      "user:&lt;admin&gt; tab:a missing:",
      "/user/8?q=x%26y /static/a.css",
      "info=&lt;saved&gt; again=&lt;saved&gt; </main>",
    ].join(" "),
  );
});

test("a template that is missing or fails is a mistake; an abort in it is an answer", async (t) => {
  const logged = muteErrors(t);
  const app = createApp();
  app.get("/<path:name>", function show({ name }) {
    return renderTemplate(name, { fail: () => abort(400) });
  });
  const visitor = visitorOf(app);
  assert.equal((await visitor.get("/nope.html")).status, 500);
  assert.match(logged[0] ?? "", /template not found: nope.html/);
  for (const path of ["../helpers.ts", "..%2fhelpers.ts", "%2e%2e%2fhelpers.ts"]) {
    assert.equal((await app.request(new Request(`http://localhost/${path}`))).status, 500);
    assert.match(logged.at(-1) ?? "", /template not found/);
  }
  assert.equal((await visitor.get("/needs-field.html")).status, 400);
});
