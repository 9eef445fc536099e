// A request's body, read before the view is called so that views can use it at once. Its length is bounded.
import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { type FlaskConfig, limitOf } from "./config.ts";
import { HTTPException } from "./errors.ts";
import { createMultiDict, type MultiDict } from "./multi-dict.ts";

export interface RequestBody {
  readonly data: Uint8Array;
  readonly form: MultiDict;
  readonly files: MultiDict<File>;
}

export const NO_BODY: RequestBody = {
  data: new Uint8Array(),
  form: createMultiDict<string>([]),
  files: createMultiDict<File>([]),
};

/** @throws HTTPException: 413 for more than the config allows, 400 for what is malformed or broke off. */
export async function readBody(c: Context, config: FlaskConfig): Promise<RequestBody> {
  if (c.req.raw.body === null) return NO_BODY;
  const data = await readBytes(c, limitOf(config, "MAX_CONTENT_LENGTH"));
  const type = c.req.header("content-type") ?? "";
  switch (mimetypeOf(type)) {
    case "application/x-www-form-urlencoded":
      return { ...NO_BODY, data, form: createMultiDict(parseUrlencoded(data, config)) };
    case "multipart/form-data":
      return { data, ...(await parseMultipart(data, type, config)) };
    default:
      return { ...NO_BODY, data };
  }
}

/** `text/html` of `text/html; charset=utf-8`. */
export function mimetypeOf(contentType: string): string {
  return contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

async function readBytes(c: Context, maxSize: number): Promise<Uint8Array> {
  const onError = (): never => {
    throw new HTTPException(413);
  };
  try {
    await bodyLimit({ maxSize, onError })(c, async () => {});
    return new Uint8Array(await c.req.raw.arrayBuffer());
  } catch (cause) {
    if (cause instanceof HTTPException) throw cause;
    throw new HTTPException(400, undefined, { cause });
  }
}

function parseUrlencoded(data: Uint8Array, config: FlaskConfig): URLSearchParams {
  if (data.length > limitOf(config, "MAX_FORM_MEMORY_SIZE")) throw new HTTPException(413);
  return new URLSearchParams(new TextDecoder().decode(data));
}

async function parseMultipart(
  data: Uint8Array,
  type: string,
  config: FlaskConfig,
): Promise<Pick<RequestBody, "form" | "files">> {
  const parts = await parseParts(data, type);
  if (parts.length > limitOf(config, "MAX_FORM_PARTS")) throw new HTTPException(413);
  const maxSize = limitOf(config, "MAX_FORM_MEMORY_SIZE");
  const fields: [string, string][] = [];
  const files: [string, File][] = [];
  for (const [name, value] of parts) {
    if (typeof value !== "string") files.push([name, value]);
    else if (Buffer.byteLength(value) > maxSize) throw new HTTPException(413);
    else fields.push([name, value]);
  }
  return { form: createMultiDict(fields), files: createMultiDict(files) };
}

async function parseParts(data: Uint8Array, type: string): Promise<[string, string | File][]> {
  try {
    const form = await new Response(Buffer.from(data), { headers: { "Content-Type": type } }).formData();
    return [...form];
  } catch (cause) {
    throw new HTTPException(400, undefined, { cause });
  }
}
