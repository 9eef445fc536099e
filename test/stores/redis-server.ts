// The servers of these tests: REDIS_URL where any will do, else private ones of the test ground.
import { type RedisServer, startRedis } from "../support/servers/redis.ts";

/** A server that others may use at the same time. */
export async function anyRedis(): Promise<Pick<RedisServer, "url" | "stop">> {
  const url = process.env["REDIS_URL"];
  return url === undefined || url === "" ? startRedis() : { url, stop: async () => {} };
}

/** What the server answers to a command, as text, a line for each part. */
export async function ask(server: RedisServer, ...command: string[]): Promise<string> {
  return lines(await server.command(...command)).join("\n");
}

function lines(answer: unknown): string[] {
  if (Array.isArray(answer)) return answer.flatMap(lines);
  return typeof answer === "object" && answer !== null ? Object.entries(answer).flatMap(lines) : [String(answer)];
}
