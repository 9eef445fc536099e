// How sessions are ended from a page: what a form has to say first, and what the page after it says.
import type { SessionControls } from "../core/session/types.ts";
import type { Form, Visit } from "./shell.ts";
import type { Sessions } from "./visitor.ts";

/** Whether the visitor has answered the question with yes, in the dialog or on the page that asks. */
export function isConfirmed(form: Form): boolean {
  return form.text("confirmed") === "yes";
}

/** Ends a session. One's own ends as by a logout, so that the browser forgets its cookie. */
export async function endOne<Data>({ session }: Visit<Data>, sessions: Sessions, key: string): Promise<boolean> {
  const visitor: Pick<SessionControls<Data>, "key" | "logout"> = session;
  if (key !== visitor.key) return sessions.revoke(key);
  await visitor.logout();
  return true;
}

/** How many sessions the request before this one has ended, as the address says it; `undefined` where it does not. */
export function endedOf<Data>({ url }: Visit<Data>): number | undefined {
  const ended = url.searchParams.get("ended") ?? "";
  return /^\d{1,9}$/.test(ended) ? Number(ended) : undefined;
}
