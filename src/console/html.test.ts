import assert from "node:assert/strict";
import { test } from "node:test";
import { html } from "./html.ts";

test("every inserted text is escaped, in text and in attributes", () => {
  const evil = `"><script>alert('&')</script>`;
  const escaped = "&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;";
  assert.equal(`${html`<p title="${evil}">${evil}</p>`}`, `<p title="${escaped}">${escaped}</p>`);
});

test("what is HTML already stays as it is, lists are joined, and nothing gives nothing", () => {
  const items = ["a<", html`<b>${"&"}</b>`, ["c", 4]];
  assert.equal(`${html`${items}|${undefined}${null}${false}|${0}`}`, "a&lt;<b>&amp;</b>c4||0");
});

test("an object that only looks like HTML is escaped", () => {
  const forged = { escaped: "<script>", toString: () => "<script>" };
  assert.equal(`${html`${forged}`}`, "&lt;script&gt;");
});
