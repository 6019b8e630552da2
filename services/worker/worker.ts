import type { Configuration } from '#config/configuration.ts';
import { versionEnd } from '#core/outcome/graph-versions.ts';
import { noting } from '#core/retried-work.ts';
import { createCanaryClient } from '#graph/canary.ts';
import { createGraphClient, type GraphClient } from '#graph/client.ts';
import type { Starting } from '#process/lifecycle.ts';
import type { Logger } from '#process/logger.ts';
import type { RunningService } from '#process/service.ts';
import { createServiceLog, noteReceipts, noteRedis } from '#process/service-log.ts';
import { VERSION } from '#process/version.ts';
import { connectForCommands, connectForWorker } from '#store/connection.ts';
import { openLane } from '#store/delivery/lane.ts';
import { createLaneBoard, type LaneBoard } from '#store/delivery/lane-board.ts';
import { Leases } from '#store/delivery/leases.ts';
import { createPoisonStore } from '#store/delivery/poison.ts';
import { createSettlementStore } from '#store/delivery/settlement.ts';
import { TailWriter } from '#store/delivery/tail.ts';
import { isAway, refuseUnsafeRedis, roundTripCollector } from '#store/health.ts';
import { WatchedRedisWork } from '#store/permission-watch.ts';
import { announceProcess } from '#store/processes.ts';
import { isPassing, redisFault } from '#store/redis-fault.ts';
import { sealerOf } from '#store/sealing.ts';
import { createStore } from '#store/store.ts';
import { startTracing } from '#tracing/start.ts';
import { workerHealth } from './health.ts';
import { Capacity } from './lane/capacity.ts';
import type { LaneDeps } from './lane/lane.ts';
import { LaneObserver } from './lane/observer.ts';
import { LaneManager } from './lane-manager.ts';
import type { WorkerMetrics } from './metrics.ts';

/** How long after its last error a queue counts as failing, in ms; a refused fetch returns sooner. */
const JOBS_FAIL_MS = 30_000;

/** How long before the deadline of a stop requests are aborted, in ms: their envelopes are released. */
const RELEASE_MS = 2000;

/** What the parts of the worker share. */
type Wiring = Awaited<ReturnType<typeof connect>>;

/**
 * Starts everything between Redis and Meta; waits for Redis for as long as it takes.
 * @throws Error when Redis could lose events, or refuses commands
 */
export async function startWorker(
  configuration: Configuration,
  metrics: WorkerMetrics,
  logger: Logger,
  starting: Starting,
): Promise<RunningService> {
  const wiring = await connect(configuration, metrics, logger, starting);
  const { log, store, queues, work } = wiring;
  const { worker, graphApi } = configuration;
  setVersionEnds(graphApi, metrics);
  const board = createLaneBoard(store);
  const tracing = await startTracing('worker', configuration, log);
  const client = createClient(configuration, metrics, logger);
  const shadowClient = createGraphClient({ ...graphApi, gzip: worker.gzip });
  const onLost = (pixel: string) => metrics.workerLost.inc({ pixel: metrics.detailOf(pixel) });
  const leases = new Leases(store, { lockMs: worker.lockMs, work, onLost });
  const tail = new TailWriter(store);
  const shared = { tracing, client, shadowClient, tail };
  const lanes = new LaneManager(laneDeps(wiring, board, leases, shared));
  await lanes.start(configuration.pixels);
  tail.start();
  const leaveFleet = announceProcess(store, 'worker', VERSION);
  return {
    ...workerHealth(store, board, work),
    collectors: [roundTripCollector(store.redis, metrics.redisRoundTrip)],
    // What needs a restart stays as it was when the worker started.
    configure: ({ pixels }) => lanes.configure(pixels),
    async stop() {
      const timer = setTimeout(() => lanes.abort(), Math.max(worker.stopTimeoutMs - RELEASE_MS, 0));
      await lanes.stop();
      clearTimeout(timer);
      tail.close();
      leases.close();
      client.close();
      shadowClient.close();
      work.close();
      await tracing.stop();
      log.flush();
      await Promise.all([leaveFleet(), store.redis.quit(), queues.redis.quit()]);
    },
  };
}

/** Known once a worker starts: a change of the version needs a restart. */
function setVersionEnds(
  { version, canary }: Configuration['graphApi'],
  { graphVersionEnd }: Pick<WorkerMetrics, 'graphVersionEnd'>,
): void {
  for (const [role, used] of [
    ['stable', version],
    ['canary', canary?.version],
  ] as const) {
    const end = used === undefined ? null : versionEnd(used);
    if (used !== undefined && end !== null)
      graphVersionEnd.set({ version: used, role }, end.at / 1000);
  }
}

/** The client of Meta's API, with a canary where one is configured. */
function createClient(
  { graphApi, worker }: Configuration,
  metrics: WorkerMetrics,
  logger: Logger,
): GraphClient {
  const { canary, ...options } = graphApi;
  const clientOf = (version: string) =>
    createGraphClient({ ...options, version, gzip: worker.gzip });
  const stable = clientOf(graphApi.version);
  if (canary === null) return stable;
  const { version, share, pixels } = canary;
  metrics.canaryActive.set({ version }, 1);
  return createCanaryClient(stable, clientOf(version), {
    share,
    pixels: pixels === undefined ? null : new Set(pixels),
    onAnswer: (role, pixel, outcome) =>
      metrics.canaryRequests.inc({ pixel: metrics.detailOf(pixel), role, outcome }),
    onBack(reason) {
      metrics.canaryActive.set({ version }, 0);
      logger.warn({ version, reason }, 'the canary version went back');
    },
  });
}

async function connect(
  configuration: Configuration,
  metrics: WorkerMetrics,
  logger: Logger,
  starting: Starting,
) {
  const { redis } = configuration;
  const log = createServiceLog(logger);
  // Commands fail while Redis is away; a queue may wait.
  const commands = connectForCommands(redis, log.connection);
  starting.onUndo(() => commands.disconnect());
  const store = createStore(commands, redis.prefix);
  await starting.until('Redis', () => refuseUnsafeRedis(store, log.redis), isAway);
  const waiting = connectForWorker(redis, log.connection);
  starting.onUndo(() => waiting.disconnect());
  const queues = createStore(waiting, redis.prefix);
  const noted = noteRedis(metrics, log, { settle: metrics.workerSettleFailures });
  const work = new WatchedRedisWork({ redis, ...noted });
  starting.onUndo(() => work.close());
  return { configuration, metrics, logger, log, store, queues, work };
}

function laneDeps(
  { configuration, metrics, logger, log, store, queues, work }: Wiring,
  board: LaneBoard,
  leases: Leases,
  shared: Pick<LaneDeps, 'tracing' | 'client' | 'shadowClient' | 'tail'>,
): LaneDeps {
  const { worker, ingest, sealing } = configuration;
  const { enabled, ...kept } = configuration.receipts;
  const onLost = noteReceipts(metrics, log);
  const receipts = enabled ? { ...kept, onLost } : null;
  const sealer = sealerOf(sealing);
  return {
    ...shared,
    settings: worker,
    capacity: new Capacity(worker, ingest.envelope.maxEvents),
    openQueue: (options, handle) => openLane(queues, { ...options, leases }, handle),
    sealer,
    store: createSettlementStore(store, { sealer, work, receipts }),
    keepsReceipts: enabled,
    notes: noting(work, 'poison', createPoisonStore(store)),
    board: noting(work, 'lane_board', board),
    observerOf: (pixelId) => new LaneObserver(pixelId, metrics, logger, log),
    onError(pixel, error) {
      log.failed('the queue reports an error', error, { pixel });
      const fault = redisFault(error);
      // A lost connection is noticed elsewhere; and BullMQ reports no success.
      if (isPassing(fault)) metrics.redisFailures.inc({ operation: 'jobs', fault });
      else work.failed('jobs', error, { forMs: JOBS_FAIL_MS });
    },
  };
}
