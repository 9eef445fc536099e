// Stores that several processes share, told to each by a plain value.
import { createCluster } from "redis";
import { redisStore } from "../../../src/stores/redis.ts";
import { sqliteStore } from "../../../src/stores/sqlite.ts";
import { type OpenedStore, openIoRedis, openNodeRedis, openPostgres } from "./managers.ts";

export type SharedStore =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "node-redis" | "ioredis" | "postgres"; readonly url: string }
  | { readonly kind: "cluster"; readonly urls: readonly string[] };

export async function openShared(shared: SharedStore): Promise<OpenedStore> {
  switch (shared.kind) {
    case "sqlite":
      return { client: "sqlite", store: sqliteStore({ path: shared.path }), release: () => {} };
    case "cluster":
      return openCluster(shared.urls);
    case "node-redis":
      return openNodeRedis(shared.url);
    case "ioredis":
      return openIoRedis(shared.url);
    case "postgres":
      return openPostgres(shared.url);
  }
}

async function openCluster(urls: readonly string[]): Promise<OpenedStore> {
  const client = createCluster({ rootNodes: urls.map((url) => ({ url })) });
  client.on("error", () => {});
  await client.connect();
  return { client: "node-redis", store: redisStore({ client }), release: () => client.destroy() };
}
