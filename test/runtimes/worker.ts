// What scripts/workerd.ts runs inside Cloudflare's workerd: sessions of the stores that need no server, through `withSession`.
import assert from "node:assert/strict";
import { createSessions, memoryStore, type SessionManager, type SessionOptions } from "coatcheck";
import { cookieStore } from "coatcheck/cookie";
import { withSession } from "coatcheck/fetch";

interface Data {
  username?: string;
}

const secret = "a secret of this test alone, long enough: 7gZ0s1qk5Xb2";
const setups: Readonly<Record<string, Omit<SessionOptions<Data>, "secret">>> = {
  "the memory store": { store: memoryStore() },
  "the memory store, encrypted": {
    store: memoryStore(),
    encryption: { keys: ["another secret of this test alone: Jx8wQ2vT6mYb4"] },
  },
  "the cookie store": { store: cookieStore() },
};

// Made outside of handlers, as apps do: there, workerd allows no random bytes, timers or connections.
const managers = Object.entries(setups).map(([name, options]) => ({
  name,
  sessions: createSessions<Data>({ secret, ...options }),
}));

export default {
  async test(): Promise<void> {
    for (const { name, sessions } of managers) {
      await checkLogin(sessions, name);
      console.log(`passed: ${name}`);
    }
  },
};

async function checkLogin(sessions: SessionManager<Data>, name: string): Promise<void> {
  const answer = withSession(sessions, async (request, session) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/login") {
      session.username = "ada";
      await session.login("ada");
    }
    if (pathname === "/logout") await session.logout();
    return new Response(session.username ?? "nobody");
  });
  async function visit(path: string, cookie = ""): Promise<{ text: string; cookie: string }> {
    const response = await answer(new Request(`https://example.com${path}`, { headers: { cookie } }));
    const [set = ""] = response.headers.getSetCookie();
    return { text: await response.text(), cookie: set.split(";")[0] ?? "" };
  }

  const { cookie } = await visit("/login");
  assert.equal((await visit("/", cookie)).text, "ada", name);
  assert.equal((await visit("/", `${cookie.slice(0, -4)}AAAA`)).text, "nobody", name);
  await visit("/logout", cookie);
  assert.equal((await visit("/", cookie)).text, "nobody", name);
  await sessions.close();
}
