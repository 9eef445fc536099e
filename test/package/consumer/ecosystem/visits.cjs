// The same as visits.mjs, in CommonJS.
const { createSessions, memoryStore, SessionError } = require("coatcheck");
const { devicesPage } = require("coatcheck/console");
const { withSession } = require("coatcheck/fetch");

const { SESSION_SECRET: secret, STORE } = process.env;

function open() {
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

function isOurError(work) {
  try {
    work();
  } catch (error) {
    return error instanceof SessionError;
  }
  return false;
}

module.exports = { open, isOurError };
