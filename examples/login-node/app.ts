// A login page on Node alone.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { session } from "coatcheck/node";
import { form, welcome } from "./pages.ts";

interface Visitor {
  username?: string;
}

const listener = session<Visitor>({ secret: process.env.SESSION_SECRET }, async (req, res) => {
  switch (`${req.method} ${req.url}`) {
    case "GET /":
      return sendPage(res, welcome(req.session.username));
    case "GET /login":
      return sendPage(res, form);
    case "POST /login": {
      const username = (await readForm(req)).get("username")?.trim();
      if (!username) return sendPage(res, form, 400);
      req.session.username = username;
      // A new session ID: one that somebody else may know ends here.
      await req.session.login(username);
      return redirect(res, "/");
    }
    case "POST /logout":
      await req.session.logout();
      return redirect(res, "/");
    default:
      return sendPage(res, "Not found", 404);
  }
});

function sendPage(res: ServerResponse, html: string, status = 200): void {
  res.writeHead(status, { "Content-Type": "text/html; charset=utf-8" }).end(html);
}

function redirect(res: ServerResponse, location: string): void {
  res.writeHead(303, { Location: location }).end();
}

async function readForm(req: IncomingMessage): Promise<URLSearchParams> {
  let body = "";
  for await (const chunk of req.setEncoding("utf8")) {
    body += chunk;
    if (body.length > 10_000) throw new Error("The form is too long");
  }
  return new URLSearchParams(body);
}

const port = Number(process.env.PORT ?? 3000);
createServer(listener).listen(port, () => console.log(`http://localhost:${port}`));
