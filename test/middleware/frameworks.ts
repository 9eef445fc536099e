// All frameworks of the suite.
import { expressFrameworks } from "./apps/express.ts";
import { fastifyFramework } from "./apps/fastify.ts";
import { fetchFramework } from "./apps/fetch.ts";
import { honoFramework } from "./apps/hono.ts";
import { koaFrameworks } from "./apps/koa.ts";
import { nextFrameworks } from "./apps/next.ts";
import { connectFramework, http2, node } from "./apps/node.ts";
import { byName, type Framework } from "./framework.ts";

export const frameworks: readonly Framework[] = [
  ...expressFrameworks,
  node,
  connectFramework,
  http2,
  ...koaFrameworks,
  fastifyFramework,
  honoFramework,
  fetchFramework,
  ...nextFrameworks,
];

export function frameworkOf(name: string): Framework {
  return byName(frameworks, name);
}

/** Those whose app needs no build before it starts. */
export const unbuiltFrameworks: readonly Framework[] = frameworks.filter(({ needsBuild = false }) => !needsBuild);
