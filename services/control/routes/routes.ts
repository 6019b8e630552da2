import type { Configuration } from '#config/configuration.ts';
import { expiryCounts } from '#core/dead-letter/groups.ts';
import { qualityReports } from '#core/quality/report.ts';
import { formatCount } from '#core/text/format.ts';
import { readAcknowledged, withoutAcknowledged } from '#store/dead-letters/acknowledged.ts';
import { readGroups } from '#store/dead-letters/read.ts';
import { readProcesses } from '#store/processes.ts';
import { traceMessage } from '#store/receipts/trace.ts';
import { readAudit } from '#store/status/audit.ts';
import type { Depth } from '#store/status/depth.ts';
import { readFleet, totalOf } from '#store/status/fleet.ts';
import { readQualitySources } from '#store/status/quality.ts';
import { readRange } from '../history.ts';
import type { Page, Visit } from '../layout.ts';
import { auditPage } from '../pages/audit.ts';
import { readPageNumber } from '../pages/elements.ts';
import { overviewPage } from '../pages/overview/overview.ts';
import { partFrom, qualityPage } from '../pages/quality.ts';
import { tracePage } from '../pages/trace.ts';
import { acknowledgeRoutes } from './acknowledge.ts';
import { bulkEditRoutes } from './bulk-edit.ts';
import { deadLetterRoutes } from './dead-letters.ts';
import { laneRoutes } from './lanes.ts';
import { purgeRoutes } from './purge.ts';
import { replayRoutes } from './replays.ts';
import type { PageRequest, RouteDeps, Routes } from './route.ts';

const AUDIT_ENTRIES = 200;

/** Every page and every action of control. */
export function createRoutes(deps: RouteDeps): Routes {
  return {
    'GET /': (request) => overview(deps, request),
    'GET /audit': async () => auditPage(await readAudit(deps.store, AUDIT_ENTRIES)),
    'GET /quality': ({ visit, query }) => quality(deps, query['from'] ?? null, visit),
    'GET /trace': ({ query, visit }) => trace(deps, (query['id'] ?? '').trim(), visit),
    ...deadLetterRoutes(deps),
    ...acknowledgeRoutes(deps),
    ...bulkEditRoutes(deps),
    ...replayRoutes(deps),
    ...purgeRoutes(deps),
    ...laneRoutes(deps),
  };
}

async function overview(
  { store, configuration, kafka, redis, history }: RouteDeps,
  { query, visit: { now } }: PageRequest,
): Promise<Page> {
  const { pixels, ingest } = configuration();
  const [fleet, groups, acknowledged, processes] = await Promise.all([
    readFleet(store, pixels),
    readGroups(store),
    readAcknowledged(store),
    readProcesses(store, now),
  ]);
  const demanding = withoutAcknowledged(groups, acknowledged, now);
  const deadLetters = groups.reduce((sum, group) => sum + group.events, 0);
  const depth = { events: totalOf(fleet).queued, deadLetters, memoryRatio: fleet.memoryRatio };
  const range = readRange(query['range']);
  return overviewPage({
    fleet,
    expiringSoon: expiryCounts(demanding, now).within['24h'],
    backpressure: backpressureReasons(depth, ingest.backpressure),
    kafka: kafka(),
    redis: redis(),
    vitals: { range, samples: history.of(range, now) },
    processes,
    page: readPageNumber(query['page']),
    now,
  });
}

/** What became of a message; without its ID, the page only asks for one. */
async function trace(
  { store, configuration }: RouteDeps,
  id: string,
  { names }: Visit,
): Promise<Page> {
  const settings = configuration();
  const found = id === '' ? null : await traceMessage({ configuration: settings, store }, id, null);
  return tracePage({ id, found, receipts: settings.receipts.enabled }, { names });
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
