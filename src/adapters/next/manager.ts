// A manager that is made when it is first needed. `next build` loads the modules of an app as well, in many processes at
// once, without the app's secrets and often on another machine: no store may be opened there.
import { listenInProcess, type SessionEventListener } from "../../core/events.ts";
import { type ManagerInProcess, nameInProcess } from "../../core/in-process.ts";
import type { SessionManager } from "../../core/manager.ts";

export function deferManager<Data>(make: () => SessionManager<Data>): SessionManager<Data> & ManagerInProcess {
  let made: SessionManager<Data> | undefined;
  /** Listeners that came before the manager. */
  const waiting = new Set<SessionEventListener>();
  const ends = new Map<SessionEventListener, () => void>();

  function manager(): SessionManager<Data> {
    if (made) return made;
    made = make();
    for (const listener of waiting) listenTo(made, listener);
    waiting.clear();
    return made;
  }

  function listenTo({ cookieName }: SessionManager<Data>, listener: SessionEventListener): void {
    ends.set(listener, listenInProcess(cookieName, listener));
  }

  /** Next has a manager in each of its bundles, and a visitor's requests go to all of them. */
  function onEvent(hear: SessionEventListener): () => void {
    const listener: SessionEventListener = (event) => hear(event);
    if (made) listenTo(made, listener);
    else waiting.add(listener);
    return () => {
      waiting.delete(listener);
      ends.get(listener)?.();
      ends.delete(listener);
    };
  }

  // Outside of the build, a wrong option or a missing secret shows at start.
  if (process.env["NEXT_PHASE"] !== "phase-production-build") manager();
  return {
    // Not before it is made: its options are looked at then.
    [nameInProcess]: () => made?.cookieName,
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
    onEvent,
    revoke: (key) => manager().revoke(key),
    revokeAll: (owner, options) => manager().revokeAll(owner, options),
    sweep: () => manager().sweep(),
    close: () => manager().close(),
  };
}
