// Keeps a stream from ending the process while its response waits for the store.
import { Stream } from "node:stream";

/**
 * Waits for the work. Frameworks listen for errors of a body only when they send it: a file that can't be opened would end
 * the process meanwhile. The framework finds the stream failed later, and answers.
 */
export async function withoutCrash<Result>(body: unknown, work: Promise<Result>): Promise<Result> {
  if (!(body instanceof Stream)) return work;
  const ignore = (): void => {};
  body.on("error", ignore);
  try {
    return await work;
  } finally {
    body.off("error", ignore);
  }
}
