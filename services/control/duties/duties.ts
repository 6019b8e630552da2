import { setTimeout as sleep } from 'node:timers/promises';
import type { Configuration } from '#config/configuration.ts';
import { noting } from '#core/retried-work.ts';
import type { Logger } from '#process/logger.ts';
import type { Collector } from '#process/metrics/collectors.ts';
import type { ServiceLog } from '#process/service-log.ts';
import { noteMissingPermissions, noteRedisFailures } from '#process/service-log.ts';
import { connectForCommands } from '#store/connection.ts';
import { createOrphanStore } from '#store/delivery/orphans.ts';
import { createDutiesLock, dutiesOwner } from '#store/duties-lock.ts';
import { roundTrip } from '#store/health.ts';
import { PermissionWatch } from '#store/permission-watch.ts';
import { RedisWork } from '#store/redis-fault.ts';
import { createStore } from '#store/store.ts';
import type { ControlMetrics } from '../metrics.ts';
import { DeadLetterPublisher } from './dead-letter-topic.ts';
import { redisCollectors } from './fleet-gauges.ts';
import { GroupGauges } from './group-gauges.ts';
import { keepDoing, Lease } from './lease.ts';
import { carryReplaysOn } from './replays.ts';
import { createOrphanLog, Sweep } from './sweep.ts';

export interface DutiesOptions {
  /** As it is now: pixels come and go while control runs. */
  readonly configuration: () => Configuration;
  readonly metrics: ControlMetrics;
  readonly logger: Logger;
  readonly log: Pick<ServiceLog, 'failed' | 'redis'>;
}

/** What concerns the whole fleet, done by one of several control processes at a time. */
export interface Duties {
  readonly collectors: readonly Collector[];
  /** What Redis does not do of it, in words; null while it does everything. */
  fault(): string | null;
  /** Ends each duty between two steps, and gives them to another process. */
  stop(): Promise<void>;
}

/** Between two looks for work, in ms. */
const LOOK_MS = 1000;

/** A stop waits no longer for brokers, in ms: what they did not acknowledge is published again. */
const STOP_MS = 5000;

export function startDuties({ configuration, metrics, logger, log }: DutiesOptions): Duties {
  const { redis, kafka, worker, deadLetters } = configuration();
  const { url, prefix } = redis;
  const { topic } = deadLetters;
  const owner = dutiesOwner();
  // The connection of the pages says when Redis is lost and found.
  const store = createStore(connectForCommands(url, quiet), prefix);
  const bulk = createStore(connectForCommands(url, quiet), prefix);
  const noteFailure = noteRedisFailures(metrics, log);
  const onChange = noteMissingPermissions(metrics, log);
  const permissions = new PermissionWatch({ url, prefix, onChange });
  const work = new RedisWork({
    onFailure(operation, fault, error) {
      if (fault === 'not_allowed') permissions.refused();
      noteFailure(operation, fault, error);
    },
  });
  const lease = new Lease({
    lock: noting(work, 'duties', createDutiesLock(store, { owner, topic })),
    now: () => performance.now(),
    onChange(holds) {
      metrics.duties.set(holds ? 1 : 0);
      if (!holds) metrics.dropFleetSeries();
      logger.info(
        holds ? 'doing the duties of the fleet' : 'the duties of the fleet have ended here',
      );
    },
  });
  const publisher =
    topic === null
      ? null
      : new DeadLetterPublisher(topic, {
          ...{ configuration: configuration(), store: bulk, owner, lease, metrics, logger },
        });
  const sweep = new Sweep({
    store: noting(work, 'sweep', createOrphanStore(store)),
    everyMs: worker.lockMs,
    onHealed: createOrphanLog(metrics, logger),
  });
  const replaying = { store: bulk, owner, work, configuration, logger, log };
  const group = new GroupGauges({ kafka, store, metrics });
  const pixels = (): string[] => configuration().pixels.map(({ pixelId }) => pixelId);
  const ends = [
    keepDoing(lease, LOOK_MS, (term) => carryReplaysOn(replaying, term)),
    // What Redis refuses is noted where it was asked, and asked again at the next look.
    keepDoing(lease, worker.lockMs, () => sweep.look(performance.now()).catch(() => undefined)),
  ];
  const endPublishing =
    publisher === null ? null : keepDoing(lease, LOOK_MS, (term) => publisher.publish(term));
  return {
    collectors: [
      {
        name: 'redis',
        collect: async () => metrics.redisRoundTrip.set(await roundTrip(store.redis)),
      },
      ...[
        ...redisCollectors({ store, pixels, topic, metrics }),
        { name: 'kafka', collect: () => group.collect() },
      ].map((collector) => whileHeld(lease, collector, metrics)),
    ],
    fault: () => permissions.explain(work.fault()),
    async stop() {
      lease.halt();
      const late = sleep(STOP_MS, undefined, { ref: false });
      await Promise.all([...ends.map((end) => end()), Promise.race([endPublishing?.(), late])]);
      await lease.release();
      await Promise.all([publisher?.close(), group.close()]);
      permissions.close();
      store.redis.disconnect();
      bulk.redis.disconnect();
    },
  };
}

function quiet(): void {}

/**
 * Fills gauges of the fleet only where the duties are done: elsewhere there are none, so that any sum
 * over processes is right. While Redis does not say who has the duties, nobody knows, and it fails.
 */
function whileHeld(lease: Lease, { name, collect }: Collector, metrics: ControlMetrics): Collector {
  return {
    name,
    async collect() {
      const term = lease.current();
      try {
        if (term !== null) await collect();
      } finally {
        if (lease.current() !== term || term === null) metrics.dropFleetSeries();
      }
      if (!lease.answered) throw new Error('Redis does not say which process has the duties');
    },
  };
}
