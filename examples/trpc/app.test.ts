import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import { type Router, server } from "./app.ts";

after(() => server.close());

test("a session is kept across procedures, and ended by the logout", async () => {
  server.listen(Number(process.env.PORT ?? 0));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const url = `http://localhost:${address.port}`;

  const visitor = createTRPCClient<Router>({ links: [httpLink({ url, fetch: fetchWithCookies() })] });
  const other = createTRPCClient<Router>({ links: [httpLink({ url })] });
  const isUnauthorized = (error: unknown) =>
    error instanceof TRPCClientError && Reflect.get(error.data ?? {}, "code") === "UNAUTHORIZED";

  await assert.rejects(visitor.whoAmI.query(), isUnauthorized);
  await visitor.login.mutate("admin");
  assert.equal(await visitor.whoAmI.query(), "admin");
  await assert.rejects(other.whoAmI.query(), isUnauthorized);
  await visitor.logout.mutate();
  await assert.rejects(visitor.whoAmI.query(), isUnauthorized);
});

/** Keeps the cookie, as a browser does by itself. */
function fetchWithCookies(): typeof fetch {
  let cookie = "";
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    if (cookie) headers.set("cookie", cookie);
    const response = await fetch(input, { ...init, headers });
    const [setCookie] = response.headers.getSetCookie();
    if (setCookie) cookie = setCookie.split(";")[0] ?? "";
    return response;
  };
}
