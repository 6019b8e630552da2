import type { Configuration } from '#config/configuration.ts';
import type { Starting } from '#process/lifecycle.ts';
import type { Logger } from '#process/logger.ts';
import { noteRedis, type ServiceLog } from '#process/service-log.ts';
import { connectForCommands } from '#store/connection.ts';
import { isAway, refuseUnsafeRedis } from '#store/health.ts';
import { createIntakeStore } from '#store/intake/writer.ts';
import { WatchedRedisWork } from '#store/permission-watch.ts';
import { sealerOf } from '#store/sealing.ts';
import { createStore } from '#store/store.ts';
import { keepMessages } from './intake/named-messages.ts';
import type { IngestMetrics } from './metrics.ts';

/** What every part of ingest is started with. */
export interface IngestContext {
  readonly configuration: Configuration;
  readonly metrics: IngestMetrics;
  readonly logger: Logger;
  readonly log: ServiceLog;
  readonly starting: Starting;
  /** Reads again from the watermarks, once there is a consumer. */
  readonly rewind: () => void;
}

/** Connects to Redis, once it keeps what it is given. @throws Error where it would lose it */
export async function openRedisSide({
  configuration,
  metrics,
  log,
  starting,
  rewind,
}: IngestContext) {
  const { redis: address } = configuration;
  const connection = connectForCommands(address, (event, detail) => {
    log.connection(event, detail);
    // It may have come back with older data.
    if (event === 'redis_ready') rewind();
  });
  starting.onUndo(() => connection.disconnect());
  const redis = createStore(connection, address.prefix);
  await starting.until('Redis', () => refuseUnsafeRedis(redis, log.redis), isAway);
  const noted = noteRedis(metrics, log, { intake: metrics.ingestWriteFailures });
  const work = new WatchedRedisWork({ redis: address, ...noted });
  starting.onUndo(() => work.close());
  const sealer = sealerOf(configuration.sealing);
  const kept = keepMessages(configuration, metrics, log);
  const { groupId } = configuration.kafka;
  const store = createIntakeStore(redis, { groupId, sealer, ...kept });
  return { connection, redis, work, sealer, store };
}
