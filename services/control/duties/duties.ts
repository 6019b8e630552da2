import { setTimeout as sleep } from 'node:timers/promises';
import type { Configuration } from '#config/configuration.ts';
import type { EventDecoder } from '#core/event/event-decoder.ts';
import { noting } from '#core/retried-work.ts';
import { createQualityClient, type QualityClient } from '#graph/dataset-quality.ts';
import type { Logger } from '#process/logger.ts';
import type { Collector } from '#process/metrics/collectors.ts';
import type { ServiceLog } from '#process/service-log.ts';
import { noteRedis } from '#process/service-log.ts';
import { VERSION } from '#process/version.ts';
import { connectForCommands } from '#store/connection.ts';
import { createOrphanStore } from '#store/delivery/orphans.ts';
import { roundTripCollector } from '#store/health.ts';
import { createDutiesLock, dutiesOwner } from '#store/locks.ts';
import { WatchedRedisWork } from '#store/permission-watch.ts';
import { announceProcess } from '#store/processes.ts';
import type { Sealer } from '#store/sealing.ts';
import { createStore, type SealedStore, type Store } from '#store/store.ts';
import type { ControlMetrics } from '../metrics.ts';
import { DeadLetterPublisher } from './dead-letter-topic.ts';
import { redisCollectors, setPixelInfo } from './fleet-gauges.ts';
import { createGroupGauges } from './group-gauges.ts';
import { DutiesLease, keepDoing } from './lease.ts';
import { QualityDuty } from './quality.ts';
import { QualityGauges } from './quality-gauges.ts';
import { carryReplaysOn } from './replays.ts';
import { Retention } from './retention.ts';
import { createOrphanLog, Sweep } from './sweep.ts';

interface DutiesOptions {
  /** As it is now: pixels come and go while control runs. */
  readonly configuration: () => Configuration;
  readonly sealer: Sealer;
  /** Decodes what a replay sends again. */
  readonly decoder: EventDecoder;
  readonly metrics: ControlMetrics;
  readonly logger: Logger;
  readonly log: Pick<ServiceLog, 'failed' | 'redis'>;
}

/** Between two looks for work, in ms. */
const LOOK_MS = 1000;

/** A stop waits no longer for brokers or a purge, in ms: what is not done is done again. */
const STOP_MS = 5000;

/** What concerns the whole fleet, done by one of several control processes at a time. */
export class Duties {
  private readonly options: DutiesOptions;
  private readonly owner = dutiesOwner();
  private readonly store: Store;
  /** On a connection of its own: large answers must not stand before the lease. */
  private readonly bulk: SealedStore;
  private readonly work: WatchedRedisWork;
  private readonly lease: DutiesLease;
  private readonly group: ReturnType<typeof createGroupGauges>;
  /** Null where the configuration names no topic. */
  private readonly publisher: DeadLetterPublisher | null;
  /** Null where the configuration does not ask for it. */
  private readonly quality: { readonly client: QualityClient; readonly duty: QualityDuty } | null;
  private readonly leaveFleet: () => Promise<void>;
  /** Each ends a duty between two steps. */
  private readonly ends: readonly (() => Promise<unknown>)[];

  constructor(options: DutiesOptions) {
    this.options = options;
    const { metrics, log, configuration, sealer } = options;
    const { redis, kafka, deadLetters } = configuration();
    // The connection of the pages says when Redis is lost and found.
    this.store = createStore(connectForCommands(redis, quiet), redis.prefix);
    this.bulk = { ...this.store, redis: connectForCommands(redis, quiet), sealer };
    this.work = new WatchedRedisWork({ redis, ...noteRedis(metrics, log) });
    this.lease = this.takeLease(deadLetters.topic);
    this.group = createGroupGauges({ kafka, store: this.store, metrics });
    this.publisher = this.createPublisher(deadLetters.topic);
    this.quality = this.createQuality();
    this.leaveFleet = announceProcess(this.store, 'control', VERSION);
    this.ends = this.begin();
  }

  get collectors(): Collector[] {
    const { store, lease, group } = this;
    const { configuration, metrics } = this.options;
    const { topic } = configuration().deadLetters;
    const pixels = (): string[] => configuration().pixels.map(({ pixelId }) => pixelId);
    const ofFleet = [
      ...redisCollectors({ store, pixels, topic, metrics }),
      { name: 'kafka', collect: () => group.collect() },
      { name: 'pixels', collect: async () => setPixelInfo(metrics, configuration().pixels) },
      ...this.qualityCollectors(),
    ];
    return [
      roundTripCollector(store.redis, metrics.redisRoundTrip),
      ...ofFleet.map((collector) => whileHeld(lease, collector, metrics)),
    ];
  }

  /** What Redis does not do of the duties, in words; null while it does everything. */
  fault(): string | null {
    return this.work.fault();
  }

  /** Ends each duty between two steps, and gives them to another process. */
  async stop(): Promise<void> {
    this.lease.halt();
    await Promise.all(this.ends.map((end) => end()));
    await Promise.all([this.leaveFleet(), this.lease.release()]);
    await Promise.all([this.publisher?.close(), this.group.close()]);
    this.quality?.client.close();
    this.work.close();
    this.store.redis.disconnect();
    this.bulk.redis.disconnect();
  }

  private takeLease(topic: string | null): DutiesLease {
    const { metrics, logger } = this.options;
    const lock = createDutiesLock(this.store, { owner: this.owner, topic });
    return new DutiesLease({
      lock: noting(this.work, 'duties', lock),
      now: () => performance.now(),
      onChange(holds) {
        metrics.duties.set(holds ? 1 : 0);
        if (!holds) metrics.dropFleetSeries();
        logger.info(
          holds ? 'doing the duties of the fleet' : 'the duties of the fleet have ended here',
        );
      },
    });
  }

  private createPublisher(topic: string | null): DeadLetterPublisher | null {
    if (topic === null) return null;
    const { bulk: store, owner, lease } = this;
    const { configuration, metrics, logger } = this.options;
    const shared = { configuration: configuration(), metrics, logger };
    return new DeadLetterPublisher(topic, { ...shared, store, owner, lease });
  }

  private createQuality() {
    const { configuration, metrics, logger } = this.options;
    const { graphApi, control } = configuration();
    if (!control.quality.enabled) return null;
    const { agentName } = control.quality;
    const client = createQualityClient({ ...graphApi, agentName });
    const { bulk: store, work } = this;
    const duty = new QualityDuty({ store, client, work, configuration, metrics, logger });
    return { client, duty };
  }

  private qualityCollectors(): Collector[] {
    const { quality } = this;
    if (quality === null) return [];
    const { configuration, metrics } = this.options;
    const gauges = new QualityGauges(metrics);
    const collect = async (): Promise<void> =>
      gauges.fill(quality.duty, configuration(), Date.now());
    return [{ name: 'quality', collect }];
  }

  private begin(): (() => Promise<unknown>)[] {
    const { store, bulk, owner, work, lease, publisher, quality } = this;
    const { configuration, decoder, metrics, logger, log } = this.options;
    const everyMs = configuration().worker.lockMs;
    const onHealed = createOrphanLog(metrics, logger);
    const orphans = noting(work, 'sweep', createOrphanStore(store));
    const sweep = new Sweep({ store: orphans, everyMs, onHealed });
    const decoding = { ...bulk, decoder };
    const replaying = { store: decoding, owner, work, configuration, logger, log };
    const ends: (() => Promise<unknown>)[] = [
      keepDoing(lease, LOOK_MS, (term) => carryReplaysOn(replaying, term)),
      // What Redis refuses is noted where it was asked, and asked again at the next look.
      keepDoing(lease, everyMs, () => sweep.look(performance.now()).catch(() => undefined)),
    ];
    if (quality !== null) ends.push(keepDoing(lease, LOOK_MS, (term) => quality.duty.look(term)));
    const unhurried = (end: () => Promise<unknown>): unknown =>
      ends.push(() => Promise.race([end(), sleep(STOP_MS, undefined, { ref: false })]));
    const retention = new Retention({ store: bulk, configuration, logger, now: Date.now });
    unhurried(keepDoing(lease, LOOK_MS, () => retention.look()));
    if (publisher !== null) unhurried(keepDoing(lease, LOOK_MS, (term) => publisher.publish(term)));
    return ends;
  }
}

function quiet(): void {}

/**
 * Fills gauges of the fleet only where the duties are done: elsewhere there are none, so that any sum
 * over processes is right. While Redis does not say who has the duties, collecting fails.
 */
function whileHeld(
  lease: DutiesLease,
  { name, collect }: Collector,
  metrics: ControlMetrics,
): Collector {
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
