// The look of a node response whose head the app has asked for, and which is still held back: as if it had gone. So the
// app's own slips, an answer given twice for one, meet the same errors as without us.
import { ServerResponse } from "node:http";

/** What an app sees of a response that is held. Others may wrap the methods, before or after: theirs are called. */
export class Seal {
  isShut = false;
  /** The app has ended the response. */
  hasEnded = false;
  readonly setHeader: ServerResponse["setHeader"];
  readonly appendHeader: ServerResponse["appendHeader"];
  readonly removeHeader: ServerResponse["removeHeader"];
  readonly #res: ServerResponse;
  #statusCode = 0;
  #letSocketGo: (() => void) | undefined;

  constructor(res: ServerResponse) {
    this.#res = res;
    this.setHeader = res.setHeader;
    this.appendHeader = res.appendHeader;
    this.removeHeader = res.removeHeader;
    Object.assign(res, { [SEAL]: this, setHeader, appendHeader, removeHeader });
    Object.defineProperties(res, SENT);
  }

  /** From here on the head counts as sent: it can't be changed, and the status stays. */
  shut(): void {
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

type SealedResponse = ServerResponse & { [SEAL]: Seal };

// The same functions for all responses: see decision 017.
function setHeader(this: SealedResponse, ...args: unknown[]): unknown {
  this[SEAL].check("set");
  return Reflect.apply(this[SEAL].setHeader, this, args);
}

function appendHeader(this: SealedResponse, ...args: unknown[]): unknown {
  this[SEAL].check("set");
  return Reflect.apply(this[SEAL].appendHeader, this, args);
}

function removeHeader(this: SealedResponse, ...args: unknown[]): unknown {
  this[SEAL].check("remove");
  return Reflect.apply(this[SEAL].removeHeader, this, args);
}

const SENT: PropertyDescriptorMap = {
  headersSent: {
    configurable: true,
    get(this: SealedResponse) {
      return this[SEAL].isShut || nodesOwn(this, "headersSent");
    },
  },
  writableEnded: {
    configurable: true,
    get(this: SealedResponse) {
      return (this[SEAL].isShut && this[SEAL].hasEnded) || nodesOwn(this, "writableEnded");
    },
  },
};

function nodesOwn(res: ServerResponse, property: "headersSent" | "writableEnded"): unknown {
  return Reflect.get(Object.getPrototypeOf(res), property, res);
}
