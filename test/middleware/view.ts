// What an app and its loggers see of each case, in order. A case is known by the header that its request carries.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Note } from "./handler.ts";

export const CASE_HEADER = "x-case";

class View {
  readonly events: string[] = [];
  /** Statuses that loggers saw when the response was over. */
  readonly logged: string[] = [];
  #open = 0;
  #allClosed = (): void => {};

  began(): void {
    this.#open++;
  }

  closed(): void {
    this.#open--;
    if (this.#open === 0) this.#allClosed();
  }

  /** Resolves when no response of the case is open. */
  async whenClosed(): Promise<void> {
    if (this.#open === 0) return;
    await new Promise<void>((resolve) => {
      this.#allClosed = resolve;
    });
  }
}

export type { View };

const views = new Map<string, View>();

export function beginView(id: string): View {
  const view = new View();
  views.set(id, view);
  return view;
}

export function endView(id: string): void {
  views.delete(id);
}

function viewFor(req: Pick<IncomingMessage, "headers">): View | undefined {
  return views.get(String(req.headers[CASE_HEADER]));
}

export function noteFor(req: Pick<IncomingMessage, "headers">): Note {
  const view = viewFor(req);
  return (event) => view?.events.push(event);
}

/** Notes the status that a logger writes down when a response is over. */
export function noteLogged(req: Pick<IncomingMessage, "headers">, logger: string, status: unknown): void {
  const view = viewFor(req);
  view?.logged.push(String(status));
  view?.events.push(`${logger} logs ${status}`);
}

/** Watches a response from before all middleware. */
export function watch(req: IncomingMessage, res: ServerResponse): void {
  const view = viewFor(req);
  if (view === undefined) return;
  view.began();
  res.on("finish", () => noteLogged(req, "finish", res.statusCode));
  res.on("error", (error) => view.events.push(`error ${Reflect.get(error, "code") ?? error.message}`));
  res.on("close", () => {
    view.events.push("close");
    view.closed();
  });
}
