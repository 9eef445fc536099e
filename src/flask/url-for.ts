// The URL of a view, by the view's name.
import { currentContext } from "./context.ts";

/** What `urlFor` takes besides the rule's variables and the query. */
export interface UrlOptions {
  /** With scheme and host, for mails. Set `config.SERVER_NAME` then, as a Host header is the sender's word. */
  readonly _external?: boolean | undefined;
  /** What stands after the `#`. */
  readonly _anchor?: string | undefined;
  /** The scheme of an external URL. */
  readonly _scheme?: "http" | "https" | undefined;
}

/**
 * The URL that leads to a view.
 *
 * @param endpoint The name of the view's function, or its `endpoint`.
 * @param values The rule's variables; what it has no place for goes to the query.
 * @throws BuildError when there is no such endpoint, or a variable is missing or of the wrong type.
 * @example
 * urlFor("profile", { id: 7, tab: "cart", _anchor: "top" }); // /user/7?tab=cart#top
 */
export function urlFor(endpoint: string, values: UrlOptions & Readonly<Record<string, unknown>> = {}): string {
  const { app, request } = currentContext("urlFor()");
  const { _external, _anchor, _scheme, ...others } = values;
  const path = app.routes.build(endpoint, others);
  const anchor = _anchor === undefined ? "" : `#${encodeURIComponent(_anchor)}`;
  if (_external !== true && _scheme === undefined) return path + anchor;
  const scheme = _scheme ?? app.config.PREFERRED_URL_SCHEME ?? request.scheme;
  return `${scheme}://${app.config.SERVER_NAME ?? request.host}${path}${anchor}`;
}
