// WebSockets that belong to a session, and end with it.
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import { createSessions } from "coatcheck";
import { session, upgradeSession } from "coatcheck/node";
import { WebSocketServer } from "ws";

const sessions = createSessions({ secret: process.env.SESSION_SECRET });

/** Stands for a login page; the other examples have real ones. */
const pages = session(sessions, async (req, res) => {
  if (req.url === "/login") await req.session.login("admin");
  if (req.url === "/logout") await req.session.logout();
  res.end(req.session.owner ?? "nobody");
});

export const server = createServer(pages);
const sockets = new WebSocketServer({ noServer: true });

server.on("upgrade", async (req, socket, head) => {
  try {
    // Browsers let every site open a WebSocket here, with the visitor's cookie.
    const isOurs =
      URL.canParse(req.headers.origin ?? "") && new URL(req.headers.origin ?? "").host === req.headers.host;
    const { owner, signal } = await upgradeSession(sessions, req);
    if (!isOurs || owner === undefined) {
      socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(req, socket, head, (webSocket) => {
      // The logout, in whichever process and on whichever server it happens.
      signal.addEventListener("abort", () => webSocket.close(4001, "logged out"));
      webSocket.on("error", console.error);
      webSocket.send(`Hello ${owner}`);
    });
  } catch (error) {
    console.error(error);
    socket.destroy();
  }
});

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const port = Number(process.env.PORT ?? 3000);
  server.listen(port, () => console.log(`http://localhost:${port}`));
}
