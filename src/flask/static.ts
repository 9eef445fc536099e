// The folder `static/` beside the app's module, served as Flask does: urlFor("static", { filename: "style.css" }).
import { currentContext } from "./context.ts";
import { abort } from "./errors.ts";

export const STATIC_RULE = "/static/<path:filename>";

/** A view that serves a folder's files. */
export function createStaticView(folder: string): () => Promise<Response> {
  return async function serveFile() {
    const { hono } = currentContext("static files");
    // Loaded when it is needed, as an app without files may run without this package.
    const { serveStatic } = await import("@hono/node-server/serve-static");
    const serve = serveStatic({ root: folder, rewriteRequestPath: (path) => path.slice("/static".length) });
    const response = await serve(hono, async () => abort(404));
    return response instanceof Response ? response : abort(404);
  };
}
