// The server of tests that ask nothing special of it: POSTGRES_URL's, or a private one.
import { startPostgres } from "../support/servers/postgres.ts";

interface TestServer {
  /** For a pool: `new pg.Pool({ connectionString: server.url })`. */
  readonly url: string;
  /** Ends it if it is private. To be called when no connection is open any more. */
  stop(): Promise<void>;
}

export async function testServer(): Promise<TestServer> {
  const url = process.env["POSTGRES_URL"];
  return url ? { url, stop: async () => {} } : startPostgres({ durable: false });
}
