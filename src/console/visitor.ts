// What the pages need of the visitor's own session and of the manager, whatever the data of the sessions.

import type { SessionDetails } from "../core/admin/session-info.ts";
import type { SessionManager } from "../core/manager.ts";
import type { SessionControls } from "../core/session/types.ts";

/** The visitor: read, and ended when the visitor asks for it. */
export type Visitor = Pick<SessionControls<unknown>, "key" | "owner" | "csrfToken" | "verifyCsrfToken" | "logout">;

/** Sessions seen from outside. */
export interface Sessions
  extends Pick<
    SessionManager<unknown>,
    "list" | "browse" | "browseOrder" | "count" | "storeName" | "onEvent" | "revoke" | "revokeAll"
  > {
  inspect(key: string): Promise<SessionDetails<unknown> | undefined>;
}
