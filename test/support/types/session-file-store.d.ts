// session-file-store brings no types; this is what the tests use of it.
declare module "session-file-store" {
  import type { Store } from "express-session";

  interface Options {
    path: string;
    logFn?: (message: string) => void;
    retries?: number;
    reapInterval?: number;
  }
  export default function createFileStore(session: unknown): new (options: Options) => Store;
}
