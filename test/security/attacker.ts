// The attacker's side of the tests: a site of the attacker's own, and requests that no browser would make.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";

export interface AttackerSite {
  /** The same server under another name is another site, or another origin of the victim's site. */
  at(host: string): string;
  /** Puts a page, or what else a request shall get, on a path. */
  serve(path: string, answer: string | ((req: IncomingMessage, res: ServerResponse) => void)): void;
  close(): void;
}

export async function startAttackerSite(): Promise<AttackerSite> {
  const answers = new Map<string, Parameters<AttackerSite["serve"]>[1]>();
  const server = createServer((req, res) => {
    const answer = answers.get(req.url ?? "");
    if (typeof answer === "function") answer(req, res);
    else res.writeHead(answer ? 200 : 404, { "Content-Type": "text/html; charset=utf-8" }).end(answer ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    at: (host) => `http://${host}:${port}`,
    serve: (path, answer) => answers.set(path, answer),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** What it was answered. */
  readonly status: number;
}

export interface WatchedSite {
  at(host: string): string;
  /** All that has been answered since `forget` was called, wholly or until the browser hung up. */
  readonly seen: readonly SeenRequest[];
  forget(): void;
  close(): void;
}

/** Hands every request on as it is, to see what a browser sends and what it is answered: pages can't tell that of others. */
export async function watchSite(target: string): Promise<WatchedSite> {
  const seen: SeenRequest[] = [];
  const server = createServer((req, res) => {
    const { method = "", url: path = "", headers } = req;
    const passedOn = request(target + path.slice(1), { method, headers }, (response) => {
      // Whether it was sent to its end or not: a browser may hang up on what it is not to show.
      res.on("close", () => seen.push({ method, path, headers, status: response.statusCode ?? 0 }));
      res.writeHead(response.statusCode ?? 0, response.rawHeaders);
      response.pipe(res);
    });
    passedOn.on("error", () => res.destroy());
    req.pipe(passedOn);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    at: (host) => `http://${host}:${port}/`,
    seen,
    forget: () => seen.splice(0),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface RawResponse {
  readonly status: number;
  /** The head, as it came. */
  readonly head: string;
  readonly body: string;
}

/** Sends what is given, character by character, and gives what comes back until the server ends the connection. */
export function sendRaw(url: string, text: string): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(text, "latin1"));
    let received = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      received += chunk;
    });
    socket.on("error", (error) => received === "" && reject(error));
    socket.on("close", () => {
      const [head = "", ...rest] = received.split("\r\n\r\n");
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head, body: rest.join("\r\n\r\n") });
    });
  });
}
