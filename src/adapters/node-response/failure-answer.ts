// The answer to a request whose session could not be stored.
import { SessionError } from "../../core/errors.ts";

export interface FailureAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

/** Tells errors that have a status of their own, such as 503, from faults of the program: those alone are printed. */
export function isExpected(error: unknown): error is SessionError {
  return error instanceof SessionError && error.status !== 500;
}

/**
 * Returns the status, headers and text of the library's own errors, and 500 for all others.
 * @param setCookies Cookies that the browser must get all the same, because what they stand for is stored.
 */
export function failureAnswer(error: unknown, setCookies: readonly string[] = []): FailureAnswer {
  const expected = isExpected(error) ? error : undefined;
  const statusText = expected?.statusText ?? "Internal Server Error";
  return {
    status: expected?.status ?? 500,
    statusText,
    headers: {
      "Cache-Control": "no-store",
      "Content-Type": "text/plain; charset=utf-8",
      ...(expected?.headers ?? {}),
      ...(setCookies.length > 0 ? { "Set-Cookie": setCookies } : {}),
    },
    body: statusText,
  };
}
