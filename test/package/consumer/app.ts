// A user's program: it logs a visitor in, finds them again and logs them out, through Request and Response.
// It is compiled against the packed types and run on each Node.
import assert from "node:assert/strict";
import { createSessions, memoryStore, type Session, SessionError } from "coatcheck";
import { withSession } from "coatcheck/fetch";

interface Data {
  username?: string;
  cart?: string[];
}

const sessions = createSessions<Data>({
  secret: crypto.getRandomValues(Buffer.alloc(32)).toString("base64url"),
  store: memoryStore(),
});

const answer = withSession(sessions, async (request, session) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/login") logIn(session, "ada");
  if (pathname === "/logout") session.pop("username", null);
  return new Response("username" in session ? `Logged in as ${session.username}` : "You are not logged in");
});

function logIn(session: Session<Data>, username: string): void {
  session["username"] = username;
  session.cart = [...(session.cart ?? []), "coat"];
}

async function visit(page: string, cookie = ""): Promise<{ text: string; cookie: string | undefined }> {
  const response = await answer(new Request(`https://example.com${page}`, { headers: { cookie } }));
  return { text: await response.text(), cookie: response.headers.getSetCookie()[0]?.split(";")[0] };
}

const stranger = await visit("/");
assert.deepEqual(stranger, { text: "You are not logged in", cookie: undefined });

const { cookie } = await visit("/login");
assert.ok(cookie, "a login sets a cookie");
assert.equal((await visit("/", cookie)).text, "Logged in as ada");
assert.equal((await visit("/", `${cookie}x`)).text, "You are not logged in");

await visit("/logout", cookie);
assert.equal((await visit("/", cookie)).text, "You are not logged in");

assert.throws(() => createSessions({ secret: "short", store: memoryStore() }), SessionError);
await sessions.close();
