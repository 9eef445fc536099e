// Sockets of Socket.IO that belong to a session, and end with it.
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import { createSessions, type Session } from "coatcheck";
import { session, upgradeSession } from "coatcheck/node";
import { type DefaultEventsMap, Server } from "socket.io";

const sessions = createSessions({ secret: process.env.SESSION_SECRET });

/** Stands for a login page; the other examples have real ones. */
const pages = session(sessions, async (req, res) => {
  if (req.url === "/login") await req.session.login("admin");
  if (req.url === "/logout") await req.session.logout();
  res.end(req.session.owner ?? "nobody");
});

export const server = createServer(pages);

type Events = DefaultEventsMap;
export const io = new Server<Events, Events, Events, { session: Session }>(server, {
  // Other sites may open a WebSocket here too, with the visitor's cookie.
  allowRequest: ({ headers: { origin, host } }, answer) => {
    answer(null, origin === undefined || (URL.canParse(origin) && new URL(origin).host === host));
  },
});

io.use(async (socket, next) => {
  try {
    socket.data.session = await upgradeSession(sessions, socket.request);
    next(socket.data.session.owner === undefined ? new Error("Log in first") : undefined);
  } catch (error) {
    next(error instanceof Error ? error : new Error(String(error)));
  }
});

io.on("connection", (socket) => {
  const { owner, signal } = socket.data.session;
  // The logout, in whichever process and on whichever server it happens.
  signal.addEventListener("abort", () => socket.disconnect(true));
  socket.emit("hello", owner);
});

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const port = Number(process.env.PORT ?? 3000);
  server.listen(port, () => console.log(`http://localhost:${port}`));
}
