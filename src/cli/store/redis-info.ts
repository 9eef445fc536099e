// What a Redis or Valkey server says of itself in INFO. It knows no session.
import type { RedisConnection } from "./connections.ts";

export interface RedisInfo {
  /** `"Redis"` or `"Valkey"`. */
  readonly server: string;
  readonly version: string;
  /** In bytes. */
  readonly usedMemory: number;
  /** In bytes; 0 where there is no limit. */
  readonly maxMemory: number;
  readonly maxMemoryPolicy: string;
  readonly appendOnly: boolean;
  /** `"master"`, or `"slave"` for a replica. */
  readonly role: string;
}

export async function redisInfo(redis: Pick<RedisConnection, "command">): Promise<RedisInfo> {
  const text = String(await redis.command("INFO"));
  const valueOf = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(text)?.[1] ?? "";
  const valkey = valueOf("valkey_version");
  return {
    server: valkey === "" ? "Redis" : "Valkey",
    version: valkey || valueOf("redis_version"),
    usedMemory: Number(valueOf("used_memory")),
    maxMemory: Number(valueOf("maxmemory")),
    maxMemoryPolicy: valueOf("maxmemory_policy"),
    appendOnly: valueOf("aof_enabled") === "1",
    role: valueOf("role"),
  };
}

/** One setting; `undefined` where the server does not tell, as hosted ones often do not. */
export async function redisSetting(redis: Pick<RedisConnection, "command">, name: string): Promise<string | undefined> {
  try {
    const answer = await redis.command("CONFIG", "GET", name);
    const value: unknown = Array.isArray(answer) ? answer[1] : Reflect.get(Object(answer), name);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
