import type { Configuration } from '#config/configuration.ts';
import { expiryCounts } from '#core/dead-letter/groups.ts';
import { qualityReports } from '#core/quality/report.ts';
import { formatCount } from '#core/text/format.ts';
import { readGroups } from '#store/dead-letters/read.ts';
import { readAudit } from '#store/status/audit.ts';
import type { Depth } from '#store/status/depth.ts';
import { readFleet, totalOf } from '#store/status/fleet.ts';
import { readQualitySources } from '#store/status/quality.ts';
import type { Page, Visit } from '../layout.ts';
import { auditPage } from '../pages/audit.ts';
import { overviewPage } from '../pages/overview.ts';
import { partFrom, qualityPage } from '../pages/quality.ts';
import { bulkEditRoutes } from './bulk-edit.ts';
import { deadLetterRoutes } from './dead-letters.ts';
import { laneRoutes } from './lanes.ts';
import { purgeRoutes } from './purge.ts';
import { replayRoutes } from './replays.ts';
import type { RouteDeps, Routes } from './route.ts';

const AUDIT_ENTRIES = 200;

/** Every page and every action of control. */
export function createRoutes(deps: RouteDeps): Routes {
  return {
    'GET /': ({ visit }) => overview(deps, visit.now),
    'GET /audit': async () => auditPage(await readAudit(deps.store, AUDIT_ENTRIES)),
    'GET /quality': ({ visit, query }) => quality(deps, query['from'] ?? null, visit),
    ...deadLetterRoutes(deps),
    ...bulkEditRoutes(deps),
    ...replayRoutes(deps),
    ...purgeRoutes(deps),
    ...laneRoutes(deps),
  };
}

async function overview(
  { store, configuration, kafka, redis }: RouteDeps,
  now: number,
): Promise<Page> {
  const { pixels, ingest } = configuration();
  const [fleet, groups] = await Promise.all([readFleet(store, pixels), readGroups(store)]);
  const deadLetters = groups.reduce((sum, group) => sum + group.events, 0);
  const depth = { events: totalOf(fleet).queued, deadLetters, memoryRatio: fleet.memoryRatio };
  return overviewPage({
    fleet,
    expiringSoon: expiryCounts(groups, now).within['24h'],
    backpressure: backpressureReasons(depth, ingest.backpressure),
    kafka: kafka(),
    redis: redis(),
    now,
  });
}

/** What Meta says of the quality of each pixel's events, some pixels at a time. */
async function quality(
  { store, configuration }: RouteDeps,
  from: string | null,
  { now, names }: Visit,
): Promise<Page> {
  const { pixels, control } = configuration();
  const part = partFrom(
    pixels.map(({ pixelId }) => pixelId),
    from,
  );
  const sources = await readQualitySources(store, part.pixelIds, now);
  const reports = qualityReports(part.pixelIds, sources, control.quality, now);
  return qualityPage({ reports, part, enabled: control.quality.enabled, now, names });
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
