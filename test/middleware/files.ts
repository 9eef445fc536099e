// What the handlers send: texts, bytes, and files in a folder of their own.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";

/** A text of lines that gzip makes smaller, of exactly so many bytes. */
export function lines(length: number): string {
  return "A line that compresses well, as pages do.\n".repeat(length / 42 + 1).slice(0, length);
}

export const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
export const gzipped = gzipSync(lines(2_000));

const folder = mkdtempSync(path.join(tmpdir(), "coatcheck-middleware-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

export const files = {
  folder,
  /** One piece of a stream. */
  small: path.join(folder, "small.txt"),
  /** Eight pieces. */
  large: path.join(folder, "large.txt"),
} as const;
writeFileSync(files.small, lines(5_000));
writeFileSync(files.large, lines(500_000));
