// A Redis server as a keeper of sessions: is it new enough, does it keep what it has acknowledged, is its clock ours.
import { type Address, isLocal } from "../store/address.ts";
import type { RedisConnection } from "../store/connections.ts";
import { type RedisInfo, redisInfo, redisSetting } from "../store/redis-info.ts";
import { type Check, fail, note, ok, warn } from "./check.ts";
import { checkClock } from "./clock.ts";

export async function checkRedis(redis: RedisConnection, address: Address): Promise<Check[]> {
  const info = await redisInfo(redis);
  return [
    checkVersion(info),
    checkRole(info),
    checkEviction(info),
    await checkPersistence(redis, info),
    ...checkConnection(address),
    await checkClock("redis.clock", async () => {
      const [seconds, microseconds] = (await redis.command("TIME")) as [string, string];
      return Number(seconds) * 1000 + Number(microseconds) / 1000;
    }),
  ];
}

function checkVersion({ server, version }: RedisInfo): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 6 || (major === 6 && minor >= 2)) return ok("redis.version", null, `It is ${server} ${version}.`);
  return fail("redis.version", null, `It is ${server} ${version}.`, "Use Redis 6.2 or newer, or Valkey.");
}

function checkRole({ role }: RedisInfo): Check {
  if (role !== "slave") return ok("redis.role", null, "It takes writes.");
  return fail(
    "redis.role",
    null,
    "It is a replica, which takes no writes.",
    "Name the primary, or Sentinel in the app.",
  );
}

function checkEviction({ maxMemory, maxMemoryPolicy }: RedisInfo): Check {
  const id = "redis.maxmemory-policy";
  if (maxMemoryPolicy === "noeviction") return ok(id, null, "It evicts nothing (maxmemory-policy noeviction).");
  const message = `It drops sessions when memory is short (maxmemory-policy ${maxMemoryPolicy})`;
  const remedy = "Say maxmemory-policy noeviction: a write that finds no room then fails, and nobody is logged out.";
  if (maxMemoryPolicy.startsWith("allkeys-")) {
    const risk = "an owner's index may go before the sessions, which revokeAll then misses";
    return fail(id, null, `${message}: ${risk}.`, remedy);
  }
  return maxMemory > 0
    ? fail(id, null, `${message}.`, remedy)
    : warn(id, null, `${message}, once maxmemory is set.`, remedy);
}

async function checkPersistence(redis: RedisConnection, { appendOnly }: RedisInfo): Promise<Check> {
  const id = "redis.persistence";
  if (appendOnly) {
    const fsync = await redisSetting(redis, "appendfsync");
    if (fsync === "no") {
      return warn(
        id,
        null,
        "It logs writes, and the system decides when they reach the disk.",
        "Say appendfsync everysec.",
      );
    }
    const loss = fsync === "always" ? "a crash loses nothing" : "a crash loses a second";
    return ok(
      id,
      null,
      `It logs writes (appendonly yes${fsync === undefined ? "" : `, appendfsync ${fsync}`}): ${loss}.`,
    );
  }
  const save = await redisSetting(redis, "save");
  const remedy = "Say appendonly yes, so that logins and logouts survive a crash.";
  if (save === undefined) return warn(id, null, "It does not log writes (appendonly no).", remedy);
  const message =
    save === ""
      ? "It keeps nothing on disk: a restart logs everybody out."
      : "It saves now and then: a crash undoes the logins and logouts since.";
  return warn(id, null, message, remedy);
}

function checkConnection(address: Address): Check[] {
  if (isLocal(address)) return [];
  const { protocol, password } = new URL(address.target);
  return [
    protocol === "rediss:"
      ? ok("redis.tls", null, "The connection is encrypted.")
      : warn("redis.tls", null, "The connection to another machine is not encrypted.", "Use rediss://."),
    password === ""
      ? warn(
          "redis.password",
          null,
          "It lets us in without a password.",
          "Set one, and a user with the rights it needs (ACL).",
        )
      : note("redis.password", null, "It asks for a password."),
  ];
}
