// How sessions are ended from a page: what a form has to say first, and what the page after it says.
import type { SessionControls } from "../core/session.ts";
import type { Form, ShellContext } from "./shell.ts";
import type { Sessions } from "./visitor.ts";

/** Whether the visitor has answered the question with yes, in the dialog or on the page that asks. */
export function isConfirmed(form: Form): boolean {
  return form.text("confirmed") === "yes";
}

/** Ends a session. One's own ends as by a logout, so that the browser forgets its cookie. */
export async function endOne<Data>(c: ShellContext<Data>, sessions: Sessions, key: string): Promise<boolean> {
  const visitor: Pick<SessionControls<Data>, "key" | "logout"> = c.get("session");
  if (key !== visitor.key) return sessions.revoke(key);
  await visitor.logout();
  return true;
}

/** How many sessions the request before this one has ended, as the address says it; `undefined` where it does not. */
export function endedOf<Data>(c: ShellContext<Data>): number | undefined {
  const ended = c.req.query("ended") ?? "";
  return /^\d{1,9}$/.test(ended) ? Number(ended) : undefined;
}
