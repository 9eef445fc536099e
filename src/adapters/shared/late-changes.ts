// Stores what a session changes while the body of its Response is still being written. For adapters whose responses are
// those of fetch; on Node's own responses, node-response/ waits at the end. It knows no framework.
import type { RequestSession } from "../../core/manager.ts";
import { isText } from "./light-response.ts";
import { UNCOPYABLE } from "./response-headers.ts";

/** The parts of a session that are used here. */
export type LateChanges = Pick<RequestSession<unknown>, "finishLate" | "mayChangeUnseen">;

/**
 * Returns a response whose body stores, before it ends, what the session has changed since its head was made. When that
 * fails, the body ends with the error, so that the client gets a broken answer and no false acknowledgement. A body whose
 * bytes are all there is kept whole, so that its length stays known.
 *
 * @throws The errors of `finishLate`, where the body is whole.
 */
export async function storeLateChanges(response: Response, session: LateChanges): Promise<Response> {
  if (!session.mayChangeUnseen || isText(response)) return response;
  if (UNCOPYABLE.has(response.status) || response.body === null || response.bodyUsed) return response;
  const source = response.body.getReader();
  const begun = await readWhatIsThere(source);
  if (begun.isWhole) {
    await session.finishLate();
    return new Response(joined(begun.pieces), response);
  }
  return new Response(storingAtEnd(source, begun, session), response);
}

/** Tells the source of a body that nobody will read it, since another answer is sent in its place. */
export function discard(response: Response): void {
  if (response.body?.locked === false) response.body.cancel().catch(() => {});
}

type Source = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
type Piece = Awaited<ReturnType<Source["read"]>>;

interface Begun {
  readonly pieces: Uint8Array<ArrayBuffer>[];
  readonly isWhole: boolean;
  /** A piece that has been asked for and is not there yet. */
  readonly awaited: Promise<Piece> | undefined;
}

/** More pieces than a body has that was made from one value. */
const MOST_PIECES = 3;

/** Reads as far as no piece takes longer than a turn of the event loop. */
async function readWhatIsThere(source: Source): Promise<Begun> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  while (pieces.length < MOST_PIECES) {
    const awaited = source.read();
    const piece = await Promise.race([awaited.catch(() => undefined), nextTurn()]);
    if (piece === undefined) return { pieces, isWhole: false, awaited };
    if (piece.done) return { pieces, isWhole: true, awaited: undefined };
    pieces.push(piece.value);
  }
  return { pieces, isWhole: false, awaited: undefined };
}

function nextTurn(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(() => resolve(undefined)));
}

function joined(pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function storingAtEnd(source: Source, begun: Begun, session: LateChanges): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { pieces } = begun;
  let { awaited } = begun;
  const next = (): Promise<Piece> => {
    const piece = awaited ?? source.read();
    awaited = undefined;
    return piece;
  };
  return new ReadableStream(
    {
      async pull(controller) {
        const known = pieces.shift();
        if (known) {
          controller.enqueue(known);
          return;
        }
        const piece = await orStored(next(), session);
        if (!piece.done) {
          controller.enqueue(piece.value);
          return;
        }
        await session.finishLate();
        controller.close();
      },
      async cancel(reason) {
        await orStored(source.cancel(reason), session);
        await storeQuietly(session);
      },
    },
    // Nothing is asked for before the server asks: as without this.
    { highWaterMark: 0 },
  );
}

/** A body that breaks off has changed the session all the same. */
async function orStored<Value>(work: Promise<Value>, session: LateChanges): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    await storeQuietly(session);
    throw error;
  }
}

/** There is no answer left to fail; an event tells of the error. */
async function storeQuietly(session: LateChanges): Promise<void> {
  try {
    await session.finishLate();
  } catch {
    // The session has told of it.
  }
}
