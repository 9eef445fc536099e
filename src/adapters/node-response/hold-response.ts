// Holds a Node response back until what it acknowledges is stored. It knows no session and no framework.
import { ServerResponse } from "node:http";
import type { Awaitable } from "../../core/record/store.ts";
import type { ResponseDuties } from "../../core/session/active-session.ts";
import { applyToNodeResponse } from "../shared/response-headers.ts";
import { ByteHold } from "./byte-hold.ts";
import { CallHold } from "./call-hold.ts";
import { canHoldBytes } from "./can-hold-bytes.ts";
import { failureAnswer } from "./failure-answer.ts";
import { setHeadersOf } from "./head-arguments.ts";
import type { ResponseHold } from "./response-hold.ts";
import { StreamHold } from "./stream-hold.ts";
import { checkChunk } from "./write-arguments.ts";

/** @see HeldWork.headDuty */
type HeadDuty = "store" | "nothing" | "failure";

/** Leaves `atHead` out, because its work was done elsewhere, or because the app has failed. `false`: it is too late. */
export type LeaveHeadOut = (because: "done" | "failed") => boolean;

/** A piece of work that a response waits for, such as storing a session. */
export abstract class HeldWork {
  /** The work that was registered before this one, and is done after it. */
  next: HeldWork | undefined;
  /** What is due at the head: to store, nothing, or to tell what was stored before a failure. */
  headDuty: HeadDuty = "store";

  /** Stores what is due when the app asks for the head. The response leaves with the headers that this returns. */
  abstract atHead(): Awaitable<ResponseDuties | undefined>;

  /** What `atHead` will probably return, for the head that is rendered while it works: no cookie, but what caches read. */
  expectedDuties(): ResponseDuties | undefined {
    return undefined;
  }

  /** After a failure: the duties of its answer, because of what is stored all the same. */
  afterFailure(): Awaitable<ResponseDuties | undefined> {
    return undefined;
  }

  /**
   * Stores what has changed since, when the app ends the response.
   * @param headBegan Whether the app had asked for the head before.
   */
  atEnd(_headBegan: boolean): Awaitable<void> {}

  /** Called when storing has failed and the client has its answer, or its connection was cut. */
  abstract failed(error: unknown): void;
}

/**
 * Does the work once, when the app first writes to the response, and once more when it ends it. While that takes time, the
 * app's answer is kept; when it fails, a 503, 409 or 500 goes out in the answer's place. Of several works on one response
 * the last to come is done first.
 *
 * @returns A function that leaves `atHead` out; it returns `false` when it is too late for that.
 */
export function holdResponse(res: ServerResponse, work: HeldWork): LeaveHeadOut {
  const held = res as HeldResponse;
  const holding = held[HOLDING] ?? startHolding(held);
  holding.add(work);
  return (because) => holding.leaveHeadOut(work, because === "done" ? "nothing" : "failure");
}

const HOLDING: unique symbol = Symbol.for("coatcheck.holding");

type HeldResponse = ServerResponse & { [HOLDING]?: Holding };

interface Failure {
  readonly work: HeldWork;
  readonly error: unknown;
}

const NONE: readonly ResponseDuties[] = [];

class Holding {
  // Others may wrap the same methods, before or after: theirs are called, and never removed.
  readonly writeHead: ServerResponse["writeHead"];
  readonly write: ServerResponse["write"];
  readonly end: ServerResponse["end"];
  readonly flushHeaders: ServerResponse["flushHeaders"];
  readonly hold: ResponseHold;
  readonly #res: ServerResponse;
  #state: "idle" | "storing" | "stored" | "failed" = "idle";
  #works: HeldWork | undefined;
  /** The next whose `atHead` is due. */
  #due: HeldWork | undefined;
  /** Known before the head is rendered. */
  #duties: ResponseDuties[] | undefined;
  /** Known only after that. */
  #lateDuties: ResponseDuties[] | undefined;
  #failure: Failure | undefined;
  /** The app has ended the response while its head was being stored. */
  #isEndDue = false;
  /** How many calls of `atEnd` are at work. */
  #ending = 0;

  constructor(res: ServerResponse, hold: ResponseHold) {
    this.#res = res;
    this.hold = hold;
    this.writeHead = res.writeHead;
    this.write = res.write;
    this.end = res.end;
    this.flushHeaders = res.flushHeaders;
  }

  add(work: HeldWork): void {
    work.next = this.#works;
    this.#works = work;
    if (this.#state === "idle") this.#due = work;
  }

  leaveHeadOut(work: HeldWork, duty: HeadDuty): boolean {
    if (this.#state !== "idle") return false;
    work.headDuty = duty;
    return true;
  }

  /** Begins to store what is due, at the first call that needs the head. */
  begin(): void {
    if (this.#state !== "idle") return;
    this.#state = "storing";
    this.#storeNext();
  }

  /**
   * Sets what is known of the head's duties. Headers among the arguments would replace those that are set: where the
   * rendered head can be changed they are left alone, and elsewhere moved out of the arguments.
   * @returns Duties that are still to be added to the rendered head.
   */
  completeHead(args: unknown[]): readonly ResponseDuties[] | undefined {
    if (!this.#duties || this.#res.headersSent) return undefined;
    if (this.hold.editsHead && args.some((argument) => typeof argument === "object")) return this.#duties;
    setHeadersOf(this.#res, args);
    for (const duties of this.#duties) applyToNodeResponse(this.#res, duties);
    return undefined;
  }

  beginEnd(): void {
    if (this.#res.writableEnded || this.#state === "failed") return;
    if (this.#state === "storing") this.#isEndDue = true;
    else this.#storeAtEnd(this.#state === "stored");
  }

  #storeNext(): void {
    for (let work = this.#due; work; work = this.#due) {
      this.#due = work.next;
      if (work.headDuty === "nothing") continue;
      const isFailure = work.headDuty === "failure";
      const storing = attempt(() => (isFailure ? work.afterFailure() : work.atHead()));
      if (storing instanceof Promise) {
        this.#storeLater(work, storing);
        return;
      }
      this.#note(storing);
    }
    this.#headIsStored();
  }

  #storeLater(work: HeldWork, storing: Promise<ResponseDuties | undefined>): void {
    this.hold.hold();
    if (!this.#res.headersSent) this.#note(work.expectedDuties());
    storing
      .then(
        (duties) => this.#note(duties),
        async (error: unknown) => {
          this.#failure ??= { work, error };
          this.#note(await work.afterFailure());
        },
      )
      .then(() => this.#storeNext())
      .catch(() => this.#res.destroy());
  }

  #note(duties: ResponseDuties | undefined): void {
    if (!duties || (!duties.varyOnCookie && duties.setCookie === undefined && !duties.noStore)) return;
    if (this.hold.isHolding && this.#res.headersSent) {
      this.#lateDuties ??= [];
      this.#lateDuties.push(duties);
    } else {
      this.#duties ??= [];
      this.#duties.push(duties);
    }
  }

  #headIsStored(): void {
    this.#state = "stored";
    if (!this.hold.isHolding) return;
    if (this.#isEndDue && !this.#failure) this.#storeAtEnd(true);
    this.#leave();
  }

  #storeAtEnd(headBegan: boolean): void {
    for (let work = this.#works; work; work = work.next) {
      const { atEnd } = work;
      const storing = attempt(() => atEnd.call(work, headBegan));
      if (storing instanceof Promise) this.#awaitEnd(work, storing);
    }
  }

  #awaitEnd(work: HeldWork, storing: Promise<void>): void {
    this.hold.hold();
    this.#ending++;
    storing
      .catch((error: unknown) => {
        this.#failure ??= { work, error };
      })
      .then(() => {
        this.#ending--;
        if (this.#state !== "storing") this.#leave();
      })
      .catch(() => this.#res.destroy());
  }

  /** Lets the answer go, or the one to a failure, once all is done. */
  #leave(): void {
    if (this.#ending > 0) return;
    if (this.#failure) this.#fail(this.#failure);
    else this.hold.release(this.#lateDuties ?? NONE);
  }

  #fail({ work, error }: Failure): void {
    this.#state = "failed";
    const cookies = [...(this.#duties ?? []), ...(this.#lateDuties ?? [])].flatMap((each) => each.setCookie ?? []);
    // When part of the answer has left, only a broken connection says that it is not whole.
    if (!this.hold.replace(failureAnswer(error, cookies))) this.#res.destroy();
    work.failed(error);
  }
}

/** What fails at once fails a moment later, so that there is one way for failures. */
function attempt<Result>(work: () => Awaitable<Result>): Awaitable<Result> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
}

function startHolding(res: HeldResponse): Holding {
  if (!(res instanceof ServerResponse) && isHttp2(res)) return holdWith(res, new StreamHold(res));
  if (canHoldBytes(res)) return holdWith(res, new ByteHold(res));
  const hold = new CallHold(res);
  const holding = new Holding(res, hold);
  res[HOLDING] = holding;
  holdCalls(res, holding, hold);
  return holding;
}

/** What the app writes is kept below these, so only the moments are needed at which work is due. */
function holdWith(res: HeldResponse, hold: ResponseHold): Holding {
  const holding = new Holding(res, hold);
  res[HOLDING] = holding;
  res.writeHead = writeHead as ServerResponse["writeHead"];
  res.end = end as ServerResponse["end"];
  return holding;
}

function isHttp2(res: object): res is { statusCode: number; stream: object } {
  return typeof Reflect.get(Object(Reflect.get(res, "stream")), "respond") === "function";
}

// The same functions for all responses: see docs/decisions/017-what-a-request-allocates.md.
function writeHead(this: HeldResponse, ...args: unknown[]): ServerResponse {
  const holding = this[HOLDING] as Holding;
  holding.begin();
  const duties = holding.completeHead(args);
  Reflect.apply(holding.writeHead, this, args);
  if (duties) holding.hold.addToRenderedHead(duties);
  return this;
}

function end(this: HeldResponse, ...args: unknown[]): ServerResponse {
  const holding = this[HOLDING] as Holding;
  holding.beginEnd();
  Reflect.apply(holding.end, this, args);
  if (holding.hold.isHolding) holding.hold.guardConnection();
  return this;
}

/** The app sees the status and the headers that it gave, although they are rendered later. */
function keepHead(res: ServerResponse, args: unknown[]): void {
  if (typeof args[0] === "number") res.statusCode = args[0];
  setHeadersOf(res, args);
}

/** Other runtimes and classes may send without calling `writeHead`, so each method that writes is replaced. */
function holdCalls(res: ServerResponse, holding: Holding, hold: CallHold): void {
  res.writeHead = ((...args: unknown[]) => {
    holding.begin();
    if (hold.isHolding) keepHead(res, args);
    else holding.completeHead(args);
    hold.call(() => Reflect.apply(holding.writeHead, res, args));
    return res;
  }) as ServerResponse["writeHead"];

  res.flushHeaders = () => {
    holding.begin();
    holding.completeHead([]);
    hold.call(() => holding.flushHeaders.call(res));
  };

  res.write = ((...args: unknown[]) => {
    checkChunk(args[0]);
    holding.begin();
    holding.completeHead([]);
    let mayGoOn = true;
    const wasMade = hold.call(() => {
      mayGoOn = Reflect.apply(holding.write, res, args);
    });
    return wasMade ? mayGoOn : hold.count(args[0] as string | Uint8Array);
  }) as ServerResponse["write"];

  res.end = ((...args: unknown[]) => {
    checkChunk(args[0]);
    holding.beginEnd();
    holding.begin();
    holding.completeHead([]);
    hold.call(() => Reflect.apply(holding.end, res, args));
    if (hold.isHolding) hold.guardConnection();
    return res;
  }) as ServerResponse["end"];
}
