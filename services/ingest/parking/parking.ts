import type { Configuration } from '#config/configuration.ts';
import { DESELECTED } from '#core/mapping/mapping-result.ts';
import type { KafkaWork } from '#kafka/fault.ts';
import type { KafkaObserver } from '#kafka/observer.ts';
import { LogReader } from '#kafka/sample/log-reader.ts';
import type { Logger } from '#process/logger.ts';
import type { ServiceLog } from '#process/service-log.ts';
import { readAllParked } from '#store/parking/ranges.ts';
import type { Store } from '#store/store.ts';
import type { IntakeBuilder } from '../intake/builder.ts';
import { nameMessages } from '../intake/named-messages.ts';
import { Reader, type ReaderDeps } from '../intake/reader.ts';
import type { IngestMetrics } from '../metrics.ts';
import { CatchUp, type CatchUpDeps } from './catch-up.ts';
import type { GoneListeners } from './gone-events.ts';
import { LiveParking } from './live-parking.ts';
import { ParkedLog } from './parked-log.ts';
import { Shares, shareOf } from './shares.ts';

/** The longest wait for an answer of Kafka, in ms. */
const FETCH_MS = 10_000;

/** What decides which events stay in Kafka. */
export type Parking = ReturnType<typeof createParking>;

export function createParking({ ingest, pixels }: Configuration, logger: Logger) {
  const live = new LiveParking(idsOf(pixels));
  const shares = new Shares(shareOf(ingest, pixels.length), {
    parking: live,
    onFull(pixel, queued) {
      const facts = { pixel, queued, share: shares.limit };
      logger.warn(facts, 'the share of a halted pixel is full: its events stay in Kafka');
    },
  });
  return {
    live,
    shares,
    configure(next: Configuration['pixels']): void {
      live.configure(idsOf(next));
      shares.limit = shareOf(ingest, next.length);
    },
  };
}

interface CatchUpSides extends Pick<CatchUpDeps, 'store' | 'work' | 'decoder' | 'registryWork'> {
  readonly configuration: Configuration;
  readonly parking: Parking;
  /** Closed while Redis is too full. */
  readonly gate: { readonly closed: boolean };
  readonly redis: Store;
  readonly observer: KafkaObserver;
  readonly kafkaWork: KafkaWork;
  readonly topicIds: { readonly ask: (topic: string) => Promise<string | null> };
  readonly builderOf: (names: ReturnType<typeof nameMessages>) => IntakeBuilder;
  /** That of what is read live. */
  readonly reader: Reader;
  readonly read: Pick<ReaderDeps, 'counters' | 'maxMessageBytes' | 'decoder' | 'traceOf'>;
  readonly metrics: IngestMetrics;
  readonly logger: Logger;
  readonly log: Pick<ServiceLog, 'failed'>;
}

/** What reads parked events again. It has its own builder, and reads with the mappings of `live`. */
export function createCatchUp({ configuration, parking, ...sides }: CatchUpSides) {
  const { kafka, ingest } = configuration;
  const { redis, observer, kafkaWork, topicIds, reader: live, metrics, logger } = sides;
  const names = nameMessages(configuration);
  const builder = sides.builderOf(names);
  const reader = new Reader(live.mappings, { ...sides.read, ...names, builder });
  const log = new ParkedLog({
    observer,
    kafkaWork,
    topicId: topicIds.ask,
    async open() {
      const opened = new LogReader(kafka, FETCH_MS);
      await opened.connect(kafka.topics);
      return opened;
    },
  });
  return new CatchUp({
    ...sides,
    ...listenersOf(metrics, logger),
    groupId: kafka.groupId,
    parked: () => readAllParked(redis),
    builder,
    mappings: () => live.mappings,
    reader,
    window: names.window,
    parking: parking.live,
    shares: parking.shares,
    isPaused: () => sides.gate.closed,
    log,
    maxBytes: ingest.maxIntakeBytes,
    onFailure: (error) => sides.log.failed('parked events cannot be read again now', error),
  });
}

/** Metrics and log lines of what is read again, and of what never will be. */
function listenersOf(
  metrics: IngestMetrics,
  logger: Logger,
): GoneListeners & Pick<CatchUpDeps, 'onRead' | 'onEnded'> {
  return {
    onRead: ({ topic }, messages) => metrics.parkedRead.inc({ topic }, messages),
    onEnded(pixel, { topic, partition }) {
      logger.info({ pixel, topic, partition }, 'parked events are in the queue again');
    },
    onLost(lost) {
      metrics.parkedLost.inc({ pixel: lost.pixel }, lost.events);
      logger.error(
        lost,
        'parked events are lost: Kafka has deleted them before they were read again',
      );
    },
    onLeftOut({ pixel, topic, partition, events }) {
      metrics.ingestFiltered.inc({ pixel, reason: DESELECTED }, events);
      metrics.ingestEvents.inc({ pixel, outcome: 'filtered' }, events);
      logger.info(
        { pixel, topic, partition, events },
        'parked events are left out: their pixel does not select them any more',
      );
    },
  };
}

function idsOf(pixels: readonly { readonly pixelId: string }[]): string[] {
  return pixels.map(({ pixelId }) => pixelId);
}
