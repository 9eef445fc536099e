// A manager that is made when it is first needed. `next build` loads the modules of an app as well, in many processes at
// once, without the app's secrets and often on another machine: no store may be opened there.
import type { SessionManager } from "../../core/manager.ts";

export function deferManager<Data>(make: () => SessionManager<Data>): SessionManager<Data> {
  let made: SessionManager<Data> | undefined;
  const manager = (): SessionManager<Data> => {
    made ??= make();
    return made;
  };
  // Outside of the build, a wrong option or a missing secret shows at start.
  if (process.env["NEXT_PHASE"] !== "phase-production-build") manager();
  return {
    get cookieName() {
      return manager().cookieName;
    },
    open: (cookieHeader) => manager().open(cookieHeader),
    get storeName() {
      return manager().storeName;
    },
    get browseOrder() {
      return manager().browseOrder;
    },
    list: (owner) => manager().list(owner),
    browse: (options) => manager().browse(options),
    count: () => manager().count(),
    inspect: (key) => manager().inspect(key),
    onEvent: (listener) => manager().onEvent(listener),
    revoke: (key) => manager().revoke(key),
    revokeAll: (owner, options) => manager().revokeAll(owner, options),
    sweep: () => manager().sweep(),
    close: () => manager().close(),
  };
}
