// The look of a node response whose head the app has asked for, and which is still held back: as if it had gone. So the
// app's own slips, an answer given twice for one, meet the same errors as without us.
import { ServerResponse } from "node:http";

/** What an app sees of a response that is held. Others may wrap the methods, before or after: theirs are called. */
export class Seal {
  isShut = false;
  /** The app has ended the response. */
  hasEnded = false;
  #letSocketGo: (() => void) | undefined;
  readonly #res: SealedResponse;
  #statusCode = 0;
  #isInPlace = false;

  constructor(res: ServerResponse) {
    this.#res = res;
  }

  /** From here on the head counts as sent: it can't be changed, and the status stays. */
  shut(): void {
    if (!this.#isInPlace) putInPlace(this.#res, this);
    this.#isInPlace = true;
    this.isShut = true;
    this.#statusCode = this.#res.statusCode;
  }

  /** The app has ended the response, which is whole from here on. */
  end(): void {
    this.hasEnded = true;
    this.#letSocketGo = keepOpen(this.#res);
  }

  /** Headers can be set again, before those of the app go out. */
  open(): void {
    if (!this.isShut) return;
    this.isShut = false;
    this.#res.statusCode = this.#statusCode;
  }

  /** The app's answer is out, or was dropped. */
  release(): void {
    this.hasEnded = false;
    this.#letSocketGo?.();
    this.#letSocketGo = undefined;
  }

  /** @throws Error `ERR_HTTP_HEADERS_SENT`, as node's own methods would once the head has gone. */
  check(action: string): void {
    if (!this.isShut) return;
    throw Object.assign(new Error(`Cannot ${action} headers after they are sent to the client`), {
      code: "ERR_HTTP_HEADERS_SENT",
    });
  }
}

/**
 * Who finds an error and the head sent cuts the connection, as Express does. After a whole answer that harms nobody, since
 * it is out; so here the connection stays until it is.
 * @returns A function that lets it be cut again, and does so if that was asked for meanwhile.
 */
function keepOpen(res: ServerResponse): () => void {
  const { socket } = res;
  // Of HTTP/2 a connection has many responses, and its streams are no sockets.
  if (!socket || !(res instanceof ServerResponse)) return () => {};
  const { destroy } = socket;
  let cut: (() => void) | undefined;
  socket.destroy = (error) => {
    cut = () => destroy.call(socket, error);
    return socket;
  };
  return () => {
    socket.destroy = destroy;
    cut?.();
  };
}

const SEAL: unique symbol = Symbol("coatcheck.seal");
const CHANGES = ["setHeader", "appendHeader", "removeHeader"] as const;

interface SealedResponse extends ServerResponse {
  [SEAL]?: Seal;
}

function putInPlace(res: SealedResponse, seal: Seal): void {
  res[SEAL] = seal;
  Object.defineProperties(res, SENT);
  for (const method of CHANGES) {
    const own = res[method];
    const checked = (...args: unknown[]): unknown => {
      seal.check(method === "removeHeader" ? "remove" : "set");
      return Reflect.apply(own, res, args);
    };
    res[method] = checked as never;
  }
}

const SENT: PropertyDescriptorMap = {
  headersSent: {
    configurable: true,
    get(this: SealedResponse) {
      return this[SEAL]?.isShut === true || nodesOwn(this, "headersSent");
    },
  },
  writableEnded: {
    configurable: true,
    get(this: SealedResponse) {
      return (this[SEAL]?.isShut === true && this[SEAL].hasEnded) || nodesOwn(this, "writableEnded");
    },
  },
};

function nodesOwn(res: ServerResponse, property: "headersSent" | "writableEnded"): unknown {
  return Reflect.get(Object.getPrototypeOf(res), property, res);
}
