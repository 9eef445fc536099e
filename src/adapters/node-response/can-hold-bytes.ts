// Tells which responses can be held by their bytes: those of Node's own class, after a trial.
import { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Writable } from "node:stream";
import { ByteHold, type InternalResponse } from "./byte-hold.ts";

/** Bun and Deno have these methods too, and send bytes without them. */
const isNode = process.versions["bun"] === undefined && process.versions["deno"] === undefined;

const METHODS = ["writeHead", "write", "end", "_writeRaw", "_flush"] as const;

/** By the prototype of the response: Express gives each app one of its own. */
const verdicts = new WeakMap<object, boolean>();

export function canHoldBytes(res: ServerResponse): boolean {
  const prototype: object = Object.getPrototypeOf(res);
  let verdict = verdicts.get(prototype);
  if (verdict === undefined) {
    verdict = isNode && isNodesOwn(prototype) && passesTrial(prototype);
    verdicts.set(prototype, verdict);
  }
  return verdict;
}

/** A class that overrides one of these, as light-my-request's, sends its bytes its own way. */
function isNodesOwn(prototype: object): boolean {
  return METHODS.every((name) => Reflect.get(prototype, name) === Reflect.get(ServerResponse.prototype, name));
}

/** Holds and releases a response that leads nowhere, and looks at what was sent when. */
function passesTrial(prototype: object): boolean {
  try {
    if (keepsAndSends(prototype)) return true;
  } catch {
    // A private part is missing, or works differently.
  }
  warn();
  return false;
}

function keepsAndSends(prototype: object): boolean {
  const sent: string[] = [];
  const sink = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      sent.push(String(chunk));
      done();
    },
  });
  const req = Object.assign(new IncomingMessage(sink as unknown as Socket), {
    httpVersionMajor: 1,
    httpVersionMinor: 1,
  });
  const res = new ServerResponse(req) as InternalResponse;
  Object.setPrototypeOf(res, prototype);
  res.assignSocket(sink as unknown as Socket);
  const hold = new ByteHold(res);
  hold.hold();
  res.writeHead(200, { "X-Trial": "1" });
  res.write("a");
  res.end("b");
  if (sent.length > 0 || !res.headersSent || !res.writableEnded) return false;
  hold.release([{ setCookie: "trial=1", varyOnCookie: false, noStore: false }]);
  const [head = "", body = ""] = sent.join("").split("\r\n\r\n");
  return head.startsWith("HTTP/1.1 200 OK\r\n") && head.endsWith("\r\nSet-Cookie: trial=1") && /a.*b/s.test(body);
}

let hasWarned = false;

function warn(): void {
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning(
    `On Node ${process.versions.node} responses can't be held by their bytes, so calls are held instead: middleware sees differences. Update coatcheck, or report this version of Node.`,
    { code: "COATCHECK_HOLD_FALLBACK" },
  );
}
