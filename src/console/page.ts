// One request's page: what every view needs to know. Views give it to each other; it holds no session.
import type { Speech } from "./language.ts";

export interface Page extends Speech {
  /** The base path of links: `""` for the root. */
  readonly base: string;
  /** The moment of the request, in ms. */
  readonly now: number;
}
