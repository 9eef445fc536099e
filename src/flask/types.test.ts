// What the compiler says of programs like Flask's; the checks are made by `tsc`, and the lines run too.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Flask, type FlaskRequest, type FlaskSession, request, session, type View } from "./index.ts";

/** Holds when two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_Claim extends true>(): void => {};

/** Compiled, and never called: there is no request here. */
export function tutorialLines(): string {
  session.username = request.form.username;
  session["username"] = request.form["username"];
  session.visits = Number(session.visits ?? 0) + 1;
  session.cart = [{ id: 7, at: new Date() }];
  const popped = session.pop("username", null);
  // @ts-expect-error -- a function can't be stored.
  session.callback = () => "";
  // @ts-expect-error -- the controls can't be replaced.
  session.login = "admin";
  // @ts-expect-error -- a request is only read.
  request.method = "POST";
  return "Logged in as " + session.username + String(popped);
}

test("a view's parameters follow its rule", () => {
  const app = new Flask(import.meta.url);
  app.get("/<int:id>/<float:price>/<path:file>/<name>", function all(params) {
    holds<Same<typeof params.id, number>>();
    holds<Same<typeof params.price, number>>();
    holds<Same<typeof params.file, string>>();
    holds<Same<typeof params.name, string>>();
    return "";
  });
  function hello({ name }: { name?: string }): string {
    return `Hello ${name ?? "you"}`;
  }
  app.route("/hello/", hello);
  app.route("/hello/<name>", hello);
  // @ts-expect-error -- the rule has no variable of this name.
  app.get("/a/<id>", function wrongName({ other }) {
    return String(other);
  });
  // @ts-expect-error -- it is text without "int:".
  app.get("/b/<id>", function wrongType({ id }: { id: number }) {
    return String(id);
  });
  // @ts-expect-error -- a view has to give something.
  app.get("/c", function nothing() {});
  // @ts-expect-error -- an async one too.
  app.get("/d", async function nothingLater() {});
  // @ts-expect-error -- a number is no page.
  const numeric: View<"/"> = () => 7;
  assert.equal(typeof numeric, "function");
});

test("the types of the request and the session have names", () => {
  holds<Same<typeof session, FlaskSession>>();
  holds<Same<typeof request, FlaskRequest>>();
});
