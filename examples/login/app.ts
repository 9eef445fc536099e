// The login program of the tutorial, made fit for visitors: who has logged in is kept on this server, in a directory.
//   PORT (default 5000) and HOST (127.0.0.1): where it listens
//   SECRET_KEY: signs the cookies; without one, one for development is made and kept beside the sessions
//   SESSION_PATH: the directory of the sessions
//   ADMIN: the user who sees the console of all sessions, at /sessions; without one there is none

import { CsrfError, verifyCsrf } from "coatcheck/csrf";
import {
  Flask,
  type FlaskResponse,
  makeResponse,
  redirect,
  renderTemplate,
  request,
  session,
  urlFor,
} from "coatcheck/flask";
import { checkName } from "./names.ts";
import { mountSessionPages } from "./session-pages.ts";
import { texts } from "./texts.ts";

const { ADMIN, HOST, PORT, SECRET_KEY, SESSION_PATH } = process.env;
// Where NODE_ENV says "production", a missing key stays an error.
if (!SECRET_KEY) process.env.NODE_ENV ||= "development";

const app = new Flask(import.meta.url);
app.secretKey = SECRET_KEY;
app.config.SESSION_PATH = SESSION_PATH || undefined;
mountSessionPages(app, ADMIN || undefined);

app.route("/", function index() {
  return page("index.jinja", { username: session.username, isAdmin: Boolean(ADMIN) && session.owner === ADMIN });
});

app.route("/login", { methods: ["GET", "POST"] }, async function login() {
  if (request.method !== "POST") return page("login.jinja");
  const username = request.form.get("username", "").trim();
  const problem = checkName(username);
  if (problem) return page("login.jinja", { problem: texts[language()][problem] }, 400);

  session.username = username;
  // The old session ID, which somebody may have planted or seen, ends here; the new one belongs to this user.
  await session.login(username, { userAgent: request.headers.get("user-agent"), address: request.remoteAddr });
  return redirect(urlFor("index"));
});

// The tutorial's link is a GET. A browser sends the cookie with such a link from anywhere (SameSite=Lax), so another site
// could log visitors out: refuseOtherSites is what stops it.
app.route("/logout", { methods: ["GET", "POST"] }, async function logout() {
  // The session ends in the store too: a copy of the cookie opens nothing any more.
  await session.logout();
  return redirect(urlFor("index"));
});

/**
 * Nobody is logged in or out by a form or a link on another site. A program that is no browser may post a name without a
 * token, as the tutorial's do; a token that is sent must be right.
 */
app.beforeRequest(function refuseOtherSites() {
  const method = request.endpoint === "logout" ? "POST" : request.method;
  const origin = `${request.scheme}://${request.host}`;
  const token = request.form.get("_csrf");
  try {
    verifyCsrf({ method, headers: request.headers, origin, token }, session, { token: "optional" });
  } catch (error) {
    // The form is older than the session. Whoever is not of this site gets no form, since a form begins a session: its
    // cookie would take the place of the visitor's own, which the browser does not send along from there.
    const isOutdated = error instanceof CsrfError && error.check === "token" && request.endpoint === "login";
    if (!isOutdated) throw error;
    return page("login.jinja", { problem: texts[language()].formOutdated }, 403);
  }
});

app.afterRequest(function secure({ headers }) {
  headers.set(
    "Content-Security-Policy",
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  headers.set("X-Frame-Options", "DENY");
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("Referrer-Policy", "same-origin");
});

function language(): "en" | "zh" {
  return request.acceptLanguages.bestMatch(["en", "zh"]) === "zh" ? "zh" : "en";
}

function page(template: string, values: Record<string, unknown> = {}, status = 200): FlaskResponse {
  return makeResponse(renderTemplate(template, { ...values, t: texts[language()] }), status, {
    Vary: "Accept-Language",
    // It may show a name: no cache keeps it, and after the logout the back button does not bring it back.
    "Cache-Control": "no-store",
  });
}

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  console.error(`PORT is ${JSON.stringify(text)}. Give a whole number from 0 to 65535.`);
  process.exit(1);
}

await app.run({ host: HOST || "127.0.0.1", port: parsePort(PORT || "5000") });
