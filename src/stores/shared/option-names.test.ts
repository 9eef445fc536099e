// A misspelt option of a store would be a default in silence: it is refused before the store is opened or asked.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SECRET } from "../../../test/fixtures/manager.ts";
import { SessionOptionError } from "../../core/errors.ts";
import { bridge, MemoryStore } from "../../express-session/index.ts";
import { flaskCookieStore, flaskSessionRedisStore } from "../../flask-cookie/index.ts";
import { memoryStore } from "../memory/index.ts";
import { postgresStore } from "../postgres/index.ts";
import { redisStore } from "../redis/index.ts";
import { sqliteStore } from "../sqlite/index.ts";

const stores: Readonly<Record<string, (slip: object) => unknown>> = {
  memoryStore,
  sqliteStore,
  redisStore: (slip) => redisStore({ client: {} as never, ...slip }),
  postgresStore: (slip) => postgresStore({ pool: {} as never, ...slip }),
  flaskCookieStore: (slip) => flaskCookieStore({ secret: SECRET, ...slip }),
  bridge: (slip) => bridge(new MemoryStore(), slip),
  flaskSessionRedisStore: (slip) => flaskSessionRedisStore({ client: {} as never, ...slip }),
};
for (const [name, create] of Object.entries(stores)) {
  test(`${name} refuses an option that it does not know, and says which it does`, () => {
    assert.throws(
      () => create({ tabel: "app.sessions" }),
      (error) =>
        error instanceof SessionOptionError && error.option === "tabel" && /The options are/.test(error.message),
    );
    // Where others have an option of another name, the error says what to do instead.
    assert.throws(() => create({ ttl: 86_400 }), /"ttl" is unknown\. How long a session lasts is idleTimeout\./);
  });
}
