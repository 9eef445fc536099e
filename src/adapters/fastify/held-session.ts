// The session of a Fastify request, and its part in holding the response back: what `onSend` does not see is stored at the
// response itself. That is a change made while a stream is sent, and what the app writes past Fastify, after `reply.hijack()`.
import type { FastifyRequest } from "fastify";
import type { RequestSession } from "../../core/manager.ts";
import type { Awaitable } from "../../core/record/store.ts";
import type { ResponseDuties } from "../../core/session/active-session.ts";
import { isExpected } from "../node-response/failure-answer.ts";
import { HeldWork } from "../node-response/hold-response.ts";

export class HeldSession<Data> extends HeldWork {
  readonly active: RequestSession<Data>;
  readonly #request: FastifyRequest;
  #progress: "open" | "storing" | "failed" | "finished" = "open";
  #storing: Promise<unknown> | undefined;

  constructor(active: RequestSession<Data>, request: FastifyRequest) {
    super();
    this.active = active;
    this.#request = request;
  }

  /**
   * Stores the session, the first time it is called; then Fastify's error handling may still replace the answer. A second
   * answer waits for the same.
   */
  finish(): Awaitable<ResponseDuties | undefined> {
    if (this.#progress !== "open") return this.#storing?.then(() => undefined);
    this.#progress = "failed";
    const finished = this.active.finish(this.#isSecure);
    if (finished instanceof Promise) this.#wait(finished);
    else this.#progress = "finished";
    return finished;
  }

  #wait(storing: Promise<ResponseDuties>): void {
    this.#progress = "storing";
    this.#storing = storing;
    storing.then(
      () => this.#stop("finished"),
      () => this.#stop("failed"),
    );
  }

  #stop(progress: "finished" | "failed"): void {
    this.#progress = progress;
    this.#storing = undefined;
  }

  /** `finish` has thrown. */
  get hasFailed(): boolean {
    return this.#progress === "failed";
  }

  /** The duties of the answer to the error of `finish`. */
  failureDuties(): Awaitable<ResponseDuties> {
    return this.active.failureDuties(this.#isSecure);
  }

  readonly #isSecure = (): boolean => this.#request.protocol === "https";

  override atHead(): Awaitable<ResponseDuties | undefined> {
    return this.finish();
  }

  override expectedDuties(): ResponseDuties {
    return this.active.expectedDuties;
  }

  override atEnd(headBegan: boolean): Awaitable<void> {
    return headBegan && !this.hasFailed ? this.active.finishLate() : undefined;
  }

  override failed(error: unknown): void {
    if (!isExpected(error)) this.#request.log.error(error);
  }
}
