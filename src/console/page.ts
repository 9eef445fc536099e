// One request's page: what every view needs to know. Views give it to each other; it holds no session.
import type { html } from "hono/html";
import type { Speech } from "./language.ts";

/** What the template tag gives: text that is escaped already. */
export type Html = ReturnType<typeof html>;

export interface Page extends Speech {
  /** The base path of links: `""` for the root. */
  readonly base: string;
  /** The moment of the request, in ms. */
  readonly now: number;
}
