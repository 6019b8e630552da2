import type { Configuration } from '#config/configuration.ts';
import { expiryCounts } from '#core/dead-letter/groups.ts';
import { formatCount } from '#core/text/format.ts';
import { readGroups } from '#store/dead-letters/read.ts';
import { readAudit } from '#store/status/audit.ts';
import { type Depth, readDepth } from '#store/status/depth.ts';
import { readFleet, totalOf } from '#store/status/fleet.ts';
import type { Page } from '../layout.ts';
import { auditPage } from '../pages/audit.ts';
import { overviewPage } from '../pages/overview.ts';
import { deadLetterRoutes } from './dead-letters.ts';
import { purgeRoutes } from './purge.ts';
import { qualityRoutes } from './quality.ts';
import { replayRoutes } from './replays.ts';
import type { RouteDeps, Routes } from './route.ts';

const AUDIT_ENTRIES = 200;

/** Every page and every action of control. */
export function createRoutes(deps: RouteDeps): Routes {
  const areas = [deadLetterRoutes, replayRoutes, purgeRoutes, qualityRoutes].map((routesOf) =>
    routesOf(deps),
  );
  return {
    pages: {
      '/': ({ visit }) => overview(deps, visit.now),
      '/audit': async () => auditPage(await readAudit(deps.store, AUDIT_ENTRIES)),
      ...Object.assign({}, ...areas.map(({ pages }) => pages)),
    },
    actions: Object.assign({}, ...areas.map(({ actions }) => actions)),
  };
}

async function overview(
  { store, configuration, kafka, redis }: RouteDeps,
  now: number,
): Promise<Page> {
  const { pixels, ingest } = configuration();
  const [fleet, depth, groups] = await Promise.all([
    readFleet(
      store,
      pixels.map(({ pixelId }) => pixelId),
    ),
    readDepth(store, []),
    readGroups(store),
  ]);
  const events = totalOf(fleet).queued;
  return overviewPage({
    fleet,
    expiringSoon: expiryCounts(groups, now).within['24h'],
    backpressure: backpressureReasons({ ...depth, events }, ingest.backpressure),
    kafka: kafka(),
    redis: { ...redis(), memoryRatio: depth.memoryRatio },
    now,
  });
}

/** The limits at which ingest pauses Kafka that are reached, in words. */
export function backpressureReasons(
  depth: Pick<Depth, 'deadLetters' | 'memoryRatio'> & { readonly events: number },
  limits: Configuration['ingest']['backpressure'],
): string[] {
  const { events, deadLetters, memoryRatio } = depth;
  return [
    ...(events >= limits.pauseAtEvents ? [`${formatCount(events)} events wait in the queue`] : []),
    ...(deadLetters >= limits.pauseAtDeadLetters
      ? [`${formatCount(deadLetters)} dead letters are held: replay or purge some`]
      : []),
    ...(memoryRatio >= limits.pauseAtMemoryRatio
      ? [`${Math.round(memoryRatio * 100)} % of the memory of Redis is used`]
      : []),
  ];
}
