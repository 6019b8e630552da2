import { outlookOf } from '#core/dead-letter/groups.ts';
import { readGroups } from '#store/dead-letters/read.ts';
import { readDepth } from '#store/status/depth.ts';
import { readFleet, totalOf } from '#store/status/fleet.ts';
import { createStore } from '#store/store.ts';
import type { Routes } from '../application.ts';
import { overviewPage } from '../pages/overview.ts';
import { heldBackBy } from '../readings/overview.ts';
import type { Rooms } from './rooms.ts';

export function overviewRoutes({ redis: watch, kafka, configuration }: Rooms): Routes {
  return {
    pages: {
      '/': async ({ visit: { now } }) => {
        const { pixels, redis: where, ingest } = configuration();
        const ids = pixels.map(({ pixelId }) => pixelId);
        const [fleet, depth, groups] = await Promise.all([
          readFleet(createStore(watch.redis, where.prefix), ids),
          readDepth(createStore(watch.redis, where.prefix), []),
          readGroups(createStore(watch.redis, where.prefix)),
        ]);
        const events = totalOf(fleet).queued;
        return overviewPage({
          fleet,
          expiringSoon: outlookOf(groups, now).within['24h'],
          heldBack: heldBackBy({ ...depth, events }, ingest.backpressure),
          kafka: kafka.read(),
          redis: { ...watch.read(), memoryRatio: depth.memoryRatio },
          now,
        });
      },
    },
    actions: {},
  };
}
