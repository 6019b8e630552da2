import type { Configuration } from '#config/configuration.ts';
import { FairShare } from '#core/delivery/fair-share.ts';
import { noting } from '#core/retried-work.ts';
import { check } from '#process/admin-server.ts';
import type { Logger } from '#process/logger.ts';
import { noteMissingPermissions, noteRedisFailures } from '#process/noted-failures.ts';
import type { RunningService } from '#process/service.ts';
import { createServiceLog } from '#process/service-log.ts';
import type { Starting } from '#process/starting.ts';
import { connectForCommands, connectForWorker } from '#store/connection.ts';
import { ownerName } from '#store/dead-letters/lock.ts';
import { createLaneBoard } from '#store/delivery/lane-board.ts';
import { Leases } from '#store/delivery/leases.ts';
import { createOrphanStore } from '#store/delivery/orphans.ts';
import { createTroubledEnvelopes } from '#store/delivery/poison.ts';
import { createSettlementStore } from '#store/delivery/settlement.ts';
import { isAway, refuseUnsafeRedis, silenceOf } from '#store/health.ts';
import { PermissionWatch } from '#store/permission-watch.ts';
import { isPassing, RedisWork, redisFault } from '#store/redis-fault.ts';
import { sealerOf } from '#store/sealing.ts';
import { createStore } from '#store/store.ts';
import { startTracing } from '#tracing/start.ts';
import { depthCollectors } from './depths.ts';
import { createGraphClient } from './graph-client.ts';
import { envelopeSize } from './lane/envelope-room.ts';
import type { LanePolicy } from './lane/lane-policy.ts';
import { createObserver, createSweepObserver } from './lane/observe.ts';
import { Turns } from './lane/turns.ts';
import { LaneManager } from './lane-manager.ts';
import type { WorkerMetrics } from './metrics.ts';
import { keepReplays } from './replays.ts';
import { keepSweeping } from './sweep.ts';

/** So long after its last error a queue counts as failing, in ms; a refused fetch comes again sooner. */
const JOBS_FAIL_MS = 30_000;

/** Before the deadline of a stop, so that what has no answer can still be given back, in ms. */
const GIVE_BACK_MS = 2000;

/**
 * Starts everything between Redis and Meta; waits for Redis for as long as it takes.
 * @throws Error when Redis would lose what it holds, or refuses what it is asked
 */
export async function startWorker(
  configuration: Configuration,
  metrics: WorkerMetrics,
  logger: Logger,
  starting: Starting,
): Promise<RunningService> {
  const { worker, graphApi } = configuration;
  const { url, prefix } = configuration.redis;
  const log = createServiceLog(logger);
  const commands = connectForCommands(url, log.connection);
  starting.onUndo(() => commands.disconnect());
  const store = createStore(commands, prefix);
  await starting.until('Redis', () => refuseUnsafeRedis(store, log.redis), isAway);
  const redis = connectForWorker(url, log.connection);
  starting.onUndo(() => redis.disconnect());
  const noteFailure = noteRedisFailures(metrics, log);
  const onChange = noteMissingPermissions(metrics, log);
  const permissions = new PermissionWatch({ url, prefix, onChange });
  starting.onUndo(() => permissions.close());
  const work = new RedisWork({
    onFailure(operation, fault, error) {
      if (operation === 'settle') metrics.workerSettleFailures.inc();
      if (fault === 'not_allowed') permissions.refused();
      noteFailure(operation, fault, error);
    },
  });
  const board = createLaneBoard(store);
  const sealer = sealerOf(configuration.sealing);
  const tracing = await startTracing('worker', configuration, log);
  const client = createGraphClient({ ...graphApi, gzip: worker.gzip });
  const leases = new Leases(store, {
    lockMs: worker.lockMs,
    work,
    onLost: (pixel) => metrics.workerLost.inc({ pixel }),
  });
  const fleet = new LaneManager({
    queues: createStore(redis, prefix),
    sealer,
    store: createSettlementStore(store, { sealer, work }),
    client,
    tracing,
    observerOf: (pixelId) => createObserver(pixelId, metrics, logger, log),
    board: noting(work, 'lane_board', board),
    policy: {
      retry: worker.retry,
      unreadableMs: worker.blocked.probeMs,
      marginMs: worker.horizonMarginMs,
      suspects: worker.suspects,
    },
    troubled: noting(work, 'troubled', createTroubledEnvelopes(store)),
    suspects: new FairShare(1),
    requests: new FairShare(worker.requests),
    heldEvents: new FairShare(worker.heldEvents),
    envelopeSize: envelopeSize(worker.heldEvents, configuration.ingest.envelope.maxEvents),
    leases,
    turns: new Turns(),
    lane: lanePolicy(worker),
    rejections: worker.rejections,
    probeEvents: worker.breaker.probeEvents,
    envelopesPerPixel: worker.envelopesPerPixel,
    lockMs: worker.lockMs,
    batch: worker.batch,
    onError(pixel, error) {
      log.failed('the queue reports an error', error, { pixel });
      const fault = redisFault(error);
      // A lost connection is seen by itself; and BullMQ tells of no success.
      if (isPassing(fault)) metrics.redisFailures.inc({ operation: 'jobs', fault });
      else work.failed('jobs', error, { forMs: JOBS_FAIL_MS });
    },
  });
  let current = configuration;
  await fleet.start(current.pixels);
  const replaying = connectForCommands(url, log.connection);
  const endReplays = keepReplays({
    store: createStore(replaying, prefix),
    work,
    configuration: () => current,
    logger,
    log,
  });
  const endSweep = keepSweeping({
    store: noting(work, 'sweep', createOrphanStore(store)),
    owner: ownerName('worker'),
    everyMs: worker.lockMs,
    observer: createSweepObserver(metrics, logger),
  });
  return {
    collectors: depthCollectors({
      store,
      pixels: () => current.pixels.map(({ pixelId }) => pixelId),
      metrics,
    }),
    live: () => [{ name: 'event loop', ok: true }],
    async ready() {
      const silence = await silenceOf(commands, () => board.read());
      return [check('redis', permissions.explain(silence ?? work.fault()))];
    },
    configure(next) {
      // What needs a restart stays as it was when the worker started.
      current = { ...configuration, pixels: next.pixels };
      return fleet.configure(current.pixels);
    },
    async stop() {
      const patience = Math.max(worker.stopTimeoutMs - GIVE_BACK_MS, 0);
      const timer = setTimeout(() => fleet.abort(), patience);
      await Promise.all([endReplays(), endSweep(), fleet.stop()]);
      clearTimeout(timer);
      leases.close();
      permissions.close();
      client.close();
      await tracing.stop();
      log.flush();
      await Promise.all([commands.quit(), redis.quit(), replaying.quit()]);
    },
  };
}

function lanePolicy(worker: Configuration['worker']): LanePolicy {
  const { breaker, throttle, blocked, requestsPerPixel: most, usageFrom } = worker;
  return {
    halt: {
      throttleMs: throttle.defaultMs,
      leastThrottleMs: throttle.leastMs,
      probeMs: blocked.probeMs,
      failingMs: breaker.baseMs,
      capMs: breaker.capMs,
    },
    breaker,
    concurrency: { most, usageFrom },
  };
}
