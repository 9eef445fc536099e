// The middlewares of the suite, as apps use them, for all that takes (req, res, next).
import type { IncomingMessage, ServerResponse } from "node:http";
import { Writable } from "node:stream";
import compression from "compression";
import compression17 from "compression-1.7";
import timeout from "connect-timeout";
import cookieParser from "cookie-parser";
import httpContext from "express-http-context";
import expressSession from "express-session";
import helmet from "helmet";
import morgan from "morgan";
import multer from "multer";
import onFinished from "on-finished";
import onHeaders from "on-headers";
import { pinoHttp } from "pino-http";
import responseTime from "response-time";
import serveStatic from "serve-static";
import { files } from "./files.ts";
import type { MiddlewareInfo } from "./framework.ts";
import type { Next } from "./handler.ts";
import { proxyMiddleware } from "./proxy.ts";
import { CASE_HEADER, noteFor, noteLogged } from "./view.ts";

export type Middleware = (req: IncomingMessage, res: ServerResponse, next: Next) => unknown;

export interface MiddlewareCase extends MiddlewareInfo {
  /** Made anew for each app. */
  readonly make: () => readonly Middleware[];
  /** Called before the handler. */
  readonly beforeHandler?: (req: IncomingMessage) => void;
  /** Whether it needs what Express adds to a request. */
  readonly needs?: "express";
  /** Whether it wants `req.session` for itself. */
  readonly takesSession?: boolean;
}

/** Types of Express's middlewares ask for its requests; what is used of them here every request has. */
const of = (middleware: unknown): Middleware => middleware as Middleware;

export const middlewares: readonly MiddlewareCase[] = [
  { name: "none", make: () => [] },
  { name: "compression 1.7", isHard: true, make: () => [of(compression17())] },
  { name: "compression 1.8", isHard: true, make: () => [of(compression())] },
  { name: "morgan", make: () => [of(morganThatNotes())] },
  { name: "pino-http", make: () => [of(pinoThatNotes())] },
  { name: "response-time", make: () => [of(responseTime())] },
  { name: "on-headers, on-finished", make: () => [headersAndEnd] },
  { name: "helmet", make: () => [of(helmet())] },
  { name: "serve-static", make: () => [of(serveStatic(files.folder))] },
  { name: "multer", make: () => [of(multer().any())] },
  { name: "connect-timeout", make: () => [of(timeout("10m"))] },
  {
    name: "express-session",
    isHard: true,
    make: () => [of(expressSession({ secret: "of the other", resave: false, saveUninitialized: true }))],
    needs: "express",
    takesSession: true,
    breaks: [
      "writeHead with a bad status",
      "status code that is forbidden",
      "status text that is forbidden",
      "status text of Express that is forbidden",
      "end with a chunk of the wrong type",
    ],
  },
  { name: "http-proxy-middleware", make: () => [of(proxyMiddleware)] },
  { name: "cookie-parser", make: () => [of(cookieParser())] },
  {
    name: "express-http-context",
    make: () => [of(httpContext.middleware), setContext],
    beforeHandler: (req) => noteFor(req)(`context is kept: ${httpContext.get("case") === req.headers[CASE_HEADER]}`),
  },
  {
    name: "all of a usual app",
    isHard: true,
    make: () => [
      of(morganThatNotes()),
      of(pinoThatNotes()),
      of(responseTime()),
      of(helmet()),
      of(compression()),
      of(cookieParser()),
      of(serveStatic(files.folder)),
    ],
  },
];

function morganThatNotes(): unknown {
  return morgan((tokens, req, res) => {
    noteLogged(req, "morgan", tokens.status(req, res));
    return undefined;
  });
}

function pinoThatNotes(): unknown {
  const lines = new Writable({
    write(line: Buffer, _encoding, done) {
      const { req, res, responseTime } = JSON.parse(String(line));
      if (responseTime !== undefined) noteLogged(req, "pino", res.statusCode);
      done();
    },
  });
  return pinoHttp({}, lines);
}

function headersAndEnd(req: IncomingMessage, res: ServerResponse, next: Next): void {
  onHeaders(res, () => {
    noteFor(req)(`on-headers sees ${res.statusCode}`);
    res.setHeader("X-On-Headers", "set late");
  });
  onFinished(res, (error) => noteLogged(req, error ? "on-finished, of an error," : "on-finished", res.statusCode));
  next();
}

function setContext(req: IncomingMessage, _res: ServerResponse, next: Next): void {
  httpContext.set("case", req.headers[CASE_HEADER]);
  next();
}
