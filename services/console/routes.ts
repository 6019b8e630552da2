import { readDepth } from '#queue/depth.ts';
import type { Configuration } from '#runtime/configuration/configuration.ts';
import type { Routes } from './application.ts';
import { overviewPage } from './pages/overview.ts';
import { readFleet } from './readings/fleet.ts';
import type { KafkaWatch } from './readings/kafka.ts';
import type { RedisWatch } from './readings/redis.ts';

/** What pages read from. */
export interface Rooms {
  /** As it is now: pixels come and go while the console runs. */
  readonly configuration: () => Configuration;
  readonly redis: RedisWatch;
  readonly kafka: KafkaWatch;
}

export function createRoutes(rooms: Rooms): Routes {
  const { redis: watch, kafka, configuration } = rooms;
  return {
    pages: {
      '/': async ({ visit: { now } }) => {
        const { pixels, redis: where } = configuration();
        const ids = pixels.map(({ pixelId }) => pixelId);
        const [fleet, depth] = await Promise.all([
          readFleet(watch.redis, where.prefix, ids),
          readDepth(watch.redis, where.prefix, []),
        ]);
        const redis = { ...watch.read(), memoryRatio: depth.memoryRatio };
        return overviewPage({
          fleet,
          outlook: { soon: 0, expired: 0 },
          kafka: kafka.read(),
          redis,
          now,
        });
      },
    },
    actions: {},
  };
}
