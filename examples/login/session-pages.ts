// Who is logged in where: "your devices" for each user, and the console of all sessions for the user whom ADMIN names.
// There are no passwords here, so whoever logs in under that name is it. A program of yours looks at more than a name.

import { devicesPage, type MountedPage, sessionConsole } from "coatcheck/console";
import type { Flask } from "coatcheck/flask";

interface SessionPages {
  readonly devices: MountedPage;
  readonly console: MountedPage;
}

/**
 * Puts the pages at `/devices` and, where there is an admin, `/sessions`. The first request opens them, and what the
 * console draws is recorded from then on.
 */
export function mountSessionPages(app: Flask, admin: string | undefined): void {
  let opened: SessionPages | undefined;

  function pages(): SessionPages {
    const { sessions } = app;
    opened ??= {
      devices: devicesPage({ sessions, loginUrl: "/login" }),
      console: sessionConsole({ sessions, authorize: (session) => session.owner === admin }),
    };
    return opened;
  }

  app.hono.mount("/devices", (request) => pages().devices.fetch(request));
  if (admin === undefined) return;
  app.hono.use((_c, next) => {
    pages();
    return next();
  });
  app.hono.mount("/sessions", (request) => pages().console.fetch(request));
}
