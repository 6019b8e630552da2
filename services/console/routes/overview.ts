import { outlookOf } from '#core/dead-letter-group.ts';
import { readGroups } from '#queue/dead-letters.ts';
import { readDepth } from '#queue/depth.ts';
import { readFleet } from '#queue/fleet-reading.ts';
import type { Routes } from '../application.ts';
import { overviewPage } from '../pages/overview.ts';
import type { Rooms } from './rooms.ts';

export function overviewRoutes({ redis: watch, kafka, configuration }: Rooms): Routes {
  return {
    pages: {
      '/': async ({ visit: { now } }) => {
        const { pixels, redis: where } = configuration();
        const ids = pixels.map(({ pixelId }) => pixelId);
        const [fleet, depth, groups] = await Promise.all([
          readFleet(watch.redis, where.prefix, ids),
          readDepth(watch.redis, where.prefix, []),
          readGroups(watch.redis, where.prefix),
        ]);
        const { within, expired } = outlookOf(groups, now);
        return overviewPage({
          fleet,
          outlook: { soon: within['24h'], expired },
          kafka: kafka.read(),
          redis: { ...watch.read(), memoryRatio: depth.memoryRatio },
          now,
        });
      },
    },
    actions: {},
  };
}
