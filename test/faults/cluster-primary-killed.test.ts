// A primary of a Redis Cluster is killed under load, and its replica takes over.
import { test } from "node:test";
import { failOver } from "../fixtures/faults/failover.ts";
import { openIoRedisCluster, openNodeRedisCluster } from "../fixtures/faults/managers.ts";
import { isFull } from "../fixtures/faults/report.ts";
import { startRedisCluster } from "../fixtures/servers/cluster.ts";
import { skipWithoutOwn } from "../fixtures/servers/own.ts";

const NODE_TIMEOUT = isFull ? 2_000 : 1_000;

// By default, no primary serves anything while one has no replacement; with `no`, the others' sessions go on.
for (const coverage of isFull ? ["yes", "no"] : ["yes"]) {
  test(`a primary of a cluster with cluster-require-full-coverage ${coverage} is killed`, {
    skip: skipWithoutOwn("Redis"),
  }, async (t) => {
    const cluster = await startRedisCluster({
      nodeTimeout: NODE_TIMEOUT,
      args: ["--cluster-require-full-coverage", coverage],
    });
    t.after(() => cluster.stop());
    await failOver(t, {
      title: `Cluster, cluster-node-timeout ${NODE_TIMEOUT}, cluster-require-full-coverage ${coverage}`,
      openers: [() => openNodeRedisCluster(cluster), () => openIoRedisCluster(cluster)],
      // Of three primaries, whichever has this key.
      victim: async () => (await cluster.ownersOf("any")).primary,
      untilWhole: cluster.untilReady,
    });
  });
}
