// Checks what an app gives to `write` and `end` before it is kept: at the release nobody could catch the error.

/**
 * @param chunk The first argument of `write` or `end`; `end` takes none, too.
 * @throws TypeError `ERR_INVALID_ARG_TYPE` where Node's own method would.
 */
export function checkChunk(chunk: unknown): void {
  const isValid =
    typeof chunk === "string" || chunk instanceof Uint8Array || chunk == null || typeof chunk === "function";
  if (isValid) return;
  throw invalid(
    "ERR_INVALID_ARG_TYPE",
    `The chunk of a response must be a string, a Buffer or a Uint8Array, not ${typeof chunk}.`,
  );
}

/** @throws TypeError `ERR_UNKNOWN_ENCODING` where the socket would. */
export function checkEncoding(chunk: unknown, encoding: unknown): void {
  if (typeof chunk !== "string" || !encoding || Buffer.isEncoding(String(encoding))) return;
  throw invalid("ERR_UNKNOWN_ENCODING", `Unknown encoding: ${String(encoding)}`);
}

function invalid(code: string, message: string): TypeError {
  return Object.assign(new TypeError(message), { code });
}
