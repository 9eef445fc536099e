// A field of the form that a Request brings, read from a copy, so that the handler can read the body itself.
import { isForm } from "./csrf-check.ts";

/** 1 MiB: a form, and small files with it. */
export const DEFAULT_FORM_LIMIT: number = 1024 * 1024;

/**
 * @param limit In bytes; a longer form is not read to its end, and counts as one without the field.
 * @returns `undefined` where there is no form, or no such field in it.
 */
export async function formField(request: Request, field: string, limit: number): Promise<unknown> {
  const type = request.headers.get("content-type");
  if (type === null || !isForm(type) || request.bodyUsed) return undefined;
  if (Number(request.headers.get("content-length") ?? 0) > limit) return undefined;
  const bytes = await readUpTo(request.clone().body, limit);
  if (bytes === undefined) return undefined;
  try {
    const form = await new Response(bytes, { headers: { "Content-Type": type } }).formData();
    return form.get(field);
  } catch {
    // A body that is no form has no token; the handler that reads it learns what is wrong with it.
    return undefined;
  }
}

/**
 * Reads a whole stream.
 *
 * @param limit In bytes.
 * @returns `undefined` for a longer one.
 */
export async function readUpTo(
  stream: ReadableStream<Uint8Array> | null,
  limit: number,
): Promise<Uint8Array | undefined> {
  const reader = stream?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    length += read.value.length;
    if (length > limit) {
      // Not waited for: it is done when the other copy, which is the handler's, is at its end too.
      reader?.cancel().catch(() => undefined);
      return undefined;
    }
    chunks.push(read.value);
  }
  return Buffer.concat(chunks);
}
