import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, IncomingMessage, type RequestListener, type Server, ServerResponse } from "node:http";
import { type AddressInfo, connect, Socket } from "node:net";
import { after, test } from "node:test";
import { StoreUnavailableError } from "../../core/errors.ts";
import { HeldWork, holdResponse } from "./hold-response.ts";

/** A store that answers when it is told to. */
class Gate {
  #open: () => void = () => {};
  #fail: (error: Error) => void = () => {};
  readonly promise: Promise<void> = new Promise((resolve, reject) => {
    this.#open = resolve;
    this.#fail = reject;
  });

  open(): void {
    this.#open();
  }

  fail(): void {
    this.#fail(unavailable());
  }
}

const unavailable = (): Error => new StoreUnavailableError("test", "commit", new Error("it is out"));

/** Sets a cookie of its name: at once, or when its gate opens. */
class CookieWork extends HeldWork {
  readonly name: string;
  readonly gate: Gate | undefined;
  readonly errors: unknown[] = [];
  endGate: Gate | undefined;

  constructor(name: string, gate?: Gate) {
    super();
    this.name = name;
    this.gate = gate;
  }

  override atHead() {
    const duties = { setCookie: `${this.name}=1`, varyOnCookie: false, noStore: false };
    return this.gate ? this.gate.promise.then(() => duties) : duties;
  }

  override atEnd() {
    return this.endGate?.promise;
  }

  override failed(error: unknown): void {
    this.errors.push(error);
  }
}

const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

async function answerOf(handler: (res: ServerResponse) => unknown): Promise<Answer> {
  const port = await serve((_req, res) => void handler(res));
  const response = await fetch(`http://127.0.0.1:${port}/`);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

for (const [how, isFirstLate, isSecondLate] of [
  ["at once", false, false],
  ["later", true, true],
  ["at once and later", true, false],
  ["later and at once", false, true],
] as const) {
  test(`two works that are done ${how}: the last to come is first, and both reach the head`, async () => {
    const { text, headers } = await answerOf((res) => {
      const [first, second] = [isFirstLate, isSecondLate].map((isLate) => (isLate ? new Gate() : undefined));
      holdResponse(res, new CookieWork("first", first));
      holdResponse(res, new CookieWork("second", second));
      res.writeHead(200, { "X-App": "yes", "Set-Cookie": "app=1" });
      res.write("a");
      res.end("b");
      setImmediate(() => {
        second?.open();
        setImmediate(() => first?.open());
      });
    });
    assert.deepEqual([text, headers.get("x-app")], ["ab", "yes"]);
    assert.deepEqual(headers.getSetCookie(), ["app=1", "second=1", "first=1"]);
  });

  test(`when one of two works done ${how} fails, the answer is 503 with the other's cookie`, async () => {
    const { status, text, headers } = await answerOf((res) => {
      const [first, second] = [isFirstLate, isSecondLate].map((isLate) => (isLate ? new Gate() : undefined));
      holdResponse(res, new CookieWork("first", first));
      const failing = new CookieWork("second", second ?? new Gate());
      holdResponse(res, failing);
      res.writeHead(200, { "X-App": "yes" });
      res.end("the app's answer");
      failing.gate?.fail();
      setImmediate(() => first?.open());
    });
    assert.deepEqual([status, text, headers.get("x-app")], [503, "Service Unavailable", null]);
    assert.deepEqual(headers.getSetCookie(), ["first=1"]);
  });
}

test("no byte leaves before the work is done, and the app sees a response that was sent", async () => {
  const gate = new Gate();
  let res: ServerResponse | undefined;
  const port = await serve((_req, response) => {
    res = response;
    holdResponse(res, new CookieWork("session", gate));
    res.setHeader("X-App", "first");
    res.end("the answer");
  });
  const socket = connect(port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  while (!res) await new Promise(setImmediate);
  const held = res;
  assert.deepEqual(
    [held.headersSent, held.writableEnded, held.writableFinished, socket.bytesRead],
    [true, true, false, 0],
  );
  assert.throws(() => held.setHeader("X-App", "second"), { code: "ERR_HTTP_HEADERS_SENT" });
  assert.throws(() => held.writeHead(200), { code: "ERR_HTTP_HEADERS_SENT" });
  gate.open();
  const [data] = await once(socket, "data");
  socket.destroy();
  assert.match(
    String(data),
    /^HTTP\/1\.1 200 OK\r\n(.+\r\n)*X-App: first\r\n(.+\r\n)*Set-Cookie: session=1\r\n\r\nthe answer$/,
  );
});

test("a work whose head was left out is not done, and the other one is", async () => {
  for (const index of [0, 1]) {
    const { headers } = await answerOf((res) => {
      const leaveOut = ["first", "second"].map((name) => holdResponse(res, new CookieWork(name)));
      assert.equal(leaveOut[index]?.("done"), true);
      res.end();
      assert.equal(leaveOut[1 - index]?.("done"), false);
    });
    assert.deepEqual(headers.getSetCookie(), [["second=1", "first=1"][index]]);
  }
});

test("methods that others wrap before and after are called, each once", async () => {
  const calls: string[] = [];
  const wrap = (res: ServerResponse, name: string): void => {
    const { end } = res;
    res.end = (...args: unknown[]) => {
      calls.push(name);
      return Reflect.apply(end, res, args);
    };
  };
  const { text } = await answerOf((res) => {
    wrap(res, "inner");
    holdResponse(res, new CookieWork("a"));
    wrap(res, "outer");
    holdResponse(res, new CookieWork("b"));
    res.end("text");
  });
  assert.deepEqual([text, calls], ["text", ["outer", "inner"]]);
});

test("what Node refuses is refused at the app's call, and the app's next answer carries the cookie", async () => {
  for (const [refused, code] of [
    [(res: ServerResponse) => res.end(["no body"] as never), "ERR_INVALID_ARG_TYPE"],
    [(res: ServerResponse) => res.writeHead(42), "ERR_HTTP_INVALID_STATUS_CODE"],
    [(res: ServerResponse) => Object.assign(res, { statusMessage: "你" }).writeHead(404), "ERR_INVALID_CHAR"],
  ] as const) {
    for (const gate of [undefined, new Gate()]) {
      const { status, text, headers } = await answerOf((res) => {
        holdResponse(res, new CookieWork("session", gate));
        assert.throws(() => refused(res), { code });
        res.statusMessage = "";
        res.statusCode = 500;
        if (!res.headersSent) res.end("the app's error page");
        else res.end();
        gate?.open();
      });
      assert.deepEqual(
        [headers.getSetCookie(), status],
        [["session=1"], code === "ERR_INVALID_ARG_TYPE" ? status : 500],
      );
      assert.ok(text === "the app's error page" || code === "ERR_INVALID_ARG_TYPE");
    }
  }
});

test("pipelined answers keep their order, whichever store answers first, and those that fail are 503", async () => {
  const gates = new Map<string, Gate>();
  const port = await serve((req, res) => {
    const gate = new Gate();
    gates.set(String(req.url), gate);
    holdResponse(res, new CookieWork(`s${req.url?.slice(1)}`, gate));
    res.end(`answer ${req.url}`);
  });
  const socket = connect(port, "127.0.0.1");
  const urls = ["/1", "/2", "/3", "/4", "/5", "/6"];
  socket.write(urls.map((url) => `GET ${url} HTTP/1.1\r\nHost: a\r\n\r\n`).join(""));
  while (gates.size < urls.length) await new Promise(setImmediate);
  for (const url of urls.toReversed()) {
    const gate = gates.get(url) as Gate;
    if (Number(url.slice(1)) % 2 === 0) gate.fail();
    else gate.open();
    await new Promise(setImmediate);
  }
  let text = "";
  for await (const chunk of socket) {
    text += String(chunk);
    if (text.includes("answer /5") && text.split("HTTP/1.1 ").length === 7 && text.endsWith("Service Unavailable"))
      break;
  }
  assert.deepEqual(text.match(/HTTP\/1\.1 \d+|answer \/\d|s\d=1/g), [
    ...["HTTP/1.1 200", "s1=1", "answer /1", "HTTP/1.1 503"],
    ...["HTTP/1.1 200", "s3=1", "answer /3", "HTTP/1.1 503"],
    ...["HTTP/1.1 200", "s5=1", "answer /5", "HTTP/1.1 503"],
  ]);
});

test("server.close(), a destroyed socket and a client that sends no more lose no answer that has ended", async () => {
  for (const cut of ["close", "destroy", "half"] as const) {
    const gate = new Gate();
    let res: ServerResponse | undefined;
    const port = await serve((_req, response) => {
      res = response;
      holdResponse(res, new CookieWork("session", gate));
      res.end("the answer");
      if (cut === "destroy") res.socket?.destroy();
    });
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    if (cut === "half") socket.end();
    while (!res) await new Promise(setImmediate);
    if (cut === "close") servers.at(-1)?.close();
    if (cut === "half") await once(res.req.socket, "end");
    gate.open();
    let text = "";
    for await (const chunk of socket) {
      text += String(chunk);
      if (text.endsWith("the answer")) break;
    }
    assert.match(text, /Set-Cookie: session=1\r\n(.+\r\n)*\r\nthe answer$/, cut);
  }
});

test("an app that destroys its response after the end gets its answer out, or the one to a failure, and the connection ends", async () => {
  for (const outcome of ["stored", "failed"] as const) {
    const gate = new Gate();
    const port = await serve((_req, res) => {
      holdResponse(res, new CookieWork("session", gate));
      res.end("the answer");
      res.destroy();
      setImmediate(() => (outcome === "stored" ? gate.open() : gate.fail()));
    });
    const socket = connect(port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let text = "";
    for await (const chunk of socket) text += String(chunk);
    assert.match(text, outcome === "stored" ? /^HTTP\/1\.1 200 .+the answer$/s : /^HTTP\/1\.1 503 .+Unavailable$/s);
  }
});

test("a client that goes while it waits ends nothing but its request: callbacks are called with an error", async () => {
  const gate = new Gate();
  let outcome: Promise<unknown> | undefined;
  const port = await serve((_req, res) => {
    holdResponse(res, new CookieWork("session", gate));
    outcome = new Promise((resolve) => res.write("some", resolve));
    res.once("close", () => gate.open());
  });
  const socket = connect(port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  while (!outcome) await new Promise(setImmediate);
  socket.destroy();
  assert.equal(((await outcome) as { code?: string } | null)?.code, "ERR_STREAM_DESTROYED");
});

test("a stream that fails to be stored is a 503 and a closed connection; the app sees its client go", async () => {
  const gate = new Gate();
  const closed = new Gate();
  const work = new CookieWork("session", gate);
  const { status, text, headers } = await answerOf((res) => {
    holdResponse(res, work);
    res.on("close", () => closed.open());
    res.write("a part");
    setImmediate(() => gate.fail());
  });
  await closed.promise;
  assert.deepEqual(
    [status, text, headers.get("connection"), work.errors.length],
    [503, "Service Unavailable", "close", 1],
  );
});

test("what the app writes while it is held counts against the high water mark, and drain comes once", async () => {
  const gate = new Gate();
  const { text } = await answerOf((res) => {
    holdResponse(res, new CookieWork("session", gate));
    assert.equal(res.write("a"), true);
    assert.equal(res.write("b".repeat(res.writableHighWaterMark)), false);
    res.once("drain", () => res.end("c"));
    setImmediate(() => gate.open());
  });
  assert.match(text, /^ab+c$/);
});

test("the end waits for what is stored at the end, and the head goes before it", async () => {
  const work = new CookieWork("session");
  const endGate = new Gate();
  work.endGate = endGate;
  const port = await serve((_req, res) => {
    holdResponse(res, work);
    res.write("a part");
    setImmediate(() => res.end(" and the rest"));
  });
  const response = await fetch(`http://127.0.0.1:${port}/`);
  assert.ok(response.body);
  const reader = response.body.getReader();
  assert.equal(String(Buffer.from((await reader.read()).value ?? [])), "a part");
  endGate.open();
  assert.equal(String(Buffer.from((await reader.read()).value ?? [])), " and the rest");
});

test("a class of response that sends its bytes itself is held by its calls", async () => {
  const sent: unknown[] = [];
  class OtherResponse extends ServerResponse {
    override end(...args: unknown[]): this {
      sent.push([this.statusCode, args[0], this.getHeader("set-cookie")]);
      return this;
    }
  }
  for (const outcome of ["stored", "failed"] as const) {
    const gate = new Gate();
    const work = new CookieWork("session", gate);
    const res = new OtherResponse(new IncomingMessage(new Socket()));
    holdResponse(res, work);
    res.end("the answer");
    assert.deepEqual([sent, res.headersSent], [[], true]);
    if (outcome === "stored") gate.open();
    else gate.fail();
    while (sent.length === 0) await new Promise(setImmediate);
    assert.deepEqual(
      sent.splice(0),
      outcome === "stored" ? [[200, "the answer", "session=1"]] : [[503, "Service Unavailable", undefined]],
    );
  }
});
