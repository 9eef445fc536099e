// What fastify-plugin does, in the few lines that are needed: hooks and decorators of a plugin belong to the instance that
// registers it, and other plugins find it by its name.
import type { FastifyPluginAsync } from "fastify";

/** @param dependencies Names of plugins that must be registered before. */
export function notEncapsulated(
  plugin: FastifyPluginAsync,
  name: string,
  dependencies: readonly string[] = [],
): FastifyPluginAsync {
  return Object.assign(plugin, {
    [Symbol.for("skip-override")]: true,
    [Symbol.for("fastify.display-name")]: name,
    [Symbol.for("plugin-meta")]: { name, fastify: "5.x", dependencies },
  });
}
