import assert from "node:assert/strict";
import { test } from "node:test";
import { SignatureCache } from "./signature-cache.ts";

const verifiedText = (text: string): { text: string } => ({ text });

test("a text that was verified or refused is known, and no other text, however alike", () => {
  const cache = new SignatureCache<{ text: string }>();
  const verified = verifiedText("id.signature");
  cache.addVerified(verified);
  cache.addRefused("other.forged");
  assert.equal(cache.find("id.signature"), verified);
  assert.equal(cache.find("other.forged"), "refused");
  for (const text of ["", "e", "Id.signature", "id.Signature", "xid.signature", "Other.forged", "other.forge\0"]) {
    assert.equal(cache.find(text), undefined, text);
  }
});

test("a text that was refused for one list of secrets does not hide one that verified", () => {
  const cache = new SignatureCache<{ text: string }>();
  const verified = verifiedText("a.signature");
  cache.addVerified(verified);
  cache.addRefused("b.signature");
  assert.equal(cache.find("a.signature"), verified);
  assert.equal(cache.find("b.signature"), "refused");
});

test("texts of any length can be asked for, and those longer than a cookie of ours are not remembered", () => {
  const cache = new SignatureCache<{ text: string }>();
  for (const length of [0, 1, 5, 256]) {
    const text = "x".repeat(length);
    cache.addRefused(text);
    assert.equal(cache.find(text), "refused", String(length));
  }
  const long = "y".repeat(257);
  cache.addVerified(verifiedText(long));
  cache.addRefused(long);
  assert.equal(cache.find(long), undefined);
});

test("the memory is bounded: old texts are forgotten, and those asked for stay", () => {
  const cache = new SignatureCache<{ text: string }>();
  const letters = (index: number): string => index.toString(36).padStart(6, "0");
  const used = verifiedText("used!!!");
  cache.addVerified(used);
  for (let index = 0; index < 20_000; index++) {
    cache.addVerified(verifiedText(`text.${letters(index)}`));
    assert.equal(cache.find("used!!!"), used);
  }
  assert.equal(cache.find(`text.${letters(0)}`), undefined);
});
