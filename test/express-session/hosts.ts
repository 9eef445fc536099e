// What the middleware runs on: Express 5 and 4, connect, and node alone, each serving one handler over real HTTP.

import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import type { SessionMiddleware, SessionRequest } from "coatcheck/express-session";
import connect from "connect";
import express from "express";

export type Handler = (req: SessionRequest, res: ServerResponse, next: (error?: unknown) => void) => unknown;

export interface Host {
  readonly name: string;
  /** @param errors Where what reaches the error handler goes. */
  app(
    middleware: readonly SessionMiddleware[],
    handler: Handler,
    errors: unknown[],
    trustProxy: boolean,
  ): RequestListener;
  /** An app within another one, which takes the path off. */
  mount(path: string, inner: RequestListener): RequestListener;
}

export interface Running {
  readonly url: string;
  close(): Promise<void>;
}

const express4 = createRequire(import.meta.url)("express4") as typeof express;

function onExpress(create: typeof express): Host["app"] {
  return (middleware, handler, errors, trustProxy) => {
    const app = create();
    app.set("trust proxy", trustProxy);
    for (const each of middleware) app.use(each);
    app.use((req, res, next) => handler(req as never, res, next));
    app.use(((error, _req, res, _next) => answerError(error, res, errors)) as express.ErrorRequestHandler);
    return app;
  };
}

export const hosts: readonly Host[] = [
  { name: "Express 5", app: onExpress(express), mount: (path, inner) => express().use(path, inner) },
  { name: "Express 4", app: onExpress(express4), mount: (path, inner) => express4().use(path, inner) },
  {
    name: "connect",
    app: (middleware, handler, errors) => {
      const app = connect();
      for (const each of middleware) app.use(each);
      app.use((req, res, next) => void handler(req as SessionRequest, res, next));
      app.use((error: unknown, _req: IncomingMessage, res: ServerResponse, _next: unknown) =>
        answerError(error, res, errors),
      );
      return app;
    },
    mount: (path, inner) => connect().use(path, inner),
  },
  {
    name: "node:http",
    mount: (_path, inner) => inner,
    app: (middleware, handler, errors) => (req, res) => {
      const run = (index: number, error?: unknown): void => {
        const each = middleware[index];
        if (error) answerError(error, res, errors);
        else if (each) each(req, res, (failure) => run(index + 1, failure));
        else handler(req as SessionRequest, res, (failure) => answerError(failure, res, errors));
      };
      run(0);
    },
  },
];

function answerError(error: unknown, res: ServerResponse, errors: unknown[]): void {
  errors.push(error);
  if (res.headersSent) return;
  res.statusCode = Number(Reflect.get(Object(error), "status") ?? 500);
  res.end(error instanceof Error ? error.message : String(error));
}

export async function listen(listener: RequestListener, tls = false): Promise<Running> {
  const files = { key: readFixture("key.pem"), cert: readFixture("cert.pem") };
  const server = tls ? createTlsServer(files, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function readFixture(name: string): Buffer {
  return readFileSync(new URL(`../support/tls/${name}`, import.meta.url));
}
