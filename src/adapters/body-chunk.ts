// What an app gives to `write` and `end`, looked at before it is held back: said later, a mistake could reach no handler.

/**
 * @param chunk The first argument of `write` or `end`; `end` takes none, too.
 * @throws TypeError `ERR_INVALID_ARG_TYPE` where node's own method would.
 */
export function checkChunk(chunk: unknown): void {
  const isFit =
    typeof chunk === "string" || chunk instanceof Uint8Array || chunk == null || typeof chunk === "function";
  if (isFit) return;
  const error = new TypeError(
    `The chunk of a response must be a string, a Buffer or a Uint8Array, and is of type ${typeof chunk}.`,
  );
  throw Object.assign(error, { code: "ERR_INVALID_ARG_TYPE" });
}
