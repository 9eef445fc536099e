// A user's program, as every bundler gets it. Without an argument it logs a visitor in and prints the cookie; with a cookie,
// as after a restart, it prints who that is. STORE=memory takes another store than the default one.
import { createSessions, memoryStore, SessionError } from "coatcheck";
import { devicesPage } from "coatcheck/console";
import { withSession } from "coatcheck/fetch";

const { SESSION_SECRET: secret, STORE } = process.env;

export function open() {
  const sessions = createSessions(STORE === "memory" ? { secret, store: memoryStore() } : { secret });
  const answer = withSession(sessions, async (request, session) => {
    if (request.method !== "POST") return new Response(session.username ?? "nobody");
    session.username = "ada";
    await session.login("ada");
    return new Response("logged in");
  });
  const visit = (method, cookie = "") => answer(new Request("https://example.com/", { method, headers: { cookie } }));
  return {
    close: () => sessions.close(),
    devices: devicesPage({ sessions }).fetch,
    logIn: async () => (await visit("POST")).headers.getSetCookie()[0].split(";")[0],
    whoIs: async (cookie) => (await visit("GET", cookie)).text(),
  };
}

export function isOurError(work) {
  try {
    work();
  } catch (error) {
    return error instanceof SessionError;
  }
  return false;
}
