// A shared cache in front of an app, as keen as its rules allow (RFC 9111): for tests of what may be cached at all.
import { Client } from "./browser-client.ts";

interface CachedAnswer {
  readonly body: string;
  readonly setCookie: string | undefined;
  readonly isFromCache: boolean;
}

interface SharedCache {
  /** A GET through the cache, with this Cookie header. */
  get(path: string, cookie: string | undefined): Promise<CachedAnswer>;
}

interface Entry {
  readonly answer: CachedAnswer;
  /** The request's values of the headers that the response varies on. */
  readonly selected: string;
}

/** Stores every 200 that it is not forbidden to store, and holds it fresh for ever. */
export function createSharedCache(url: string): SharedCache {
  const entries = new Map<string, { vary: readonly string[]; stored: Entry[] }>();

  return {
    async get(path, cookie) {
      const headers: Record<string, string> = cookie === undefined ? {} : { cookie };
      const known = entries.get(path);
      const hit = known?.stored.find(({ selected }) => selected === select(known.vary, headers));
      if (hit) return { ...hit.answer, isFromCache: true };

      const response = await new Client(url).request(path, { headers });
      const answer = { body: await response.text(), setCookie: response.setCookies[0], isFromCache: false };
      const vary = (response.headers.vary ?? "").toLowerCase().split(/\s*,\s*/);
      const mayStore = response.status === 200 && !/no-store|private/.test(response.headers["cache-control"] ?? "");
      if (mayStore && !vary.includes("*")) {
        const stored = known?.vary.join() === vary.join() ? known.stored : [];
        entries.set(path, { vary, stored: [...stored, { answer, selected: select(vary, headers) }] });
      }
      return answer;
    },
  };
}

function select(vary: readonly string[], headers: Record<string, string>): string {
  return JSON.stringify(vary.map((name) => headers[name] ?? null));
}
