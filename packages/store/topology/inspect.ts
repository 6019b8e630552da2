import type { Redis } from 'ioredis';
import type { RedisConfiguration } from '#config/configuration.ts';
import { inspectCluster } from './inspect-cluster.ts';
import { inspectSentinels, type Topology } from './inspect-sentinels.ts';

/** What says where Redis is, and whether that survives the loss of a server. */
export async function inspectTopology(
  redis: Redis,
  { sentinels, cluster, prefix }: RedisConfiguration,
): Promise<Topology> {
  if (sentinels !== undefined) return inspectSentinels(sentinels);
  if (cluster !== undefined) return inspectCluster(redis, prefix);
  return { lines: [], findings: [] };
}
