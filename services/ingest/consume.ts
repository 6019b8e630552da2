import { randomBytes } from 'node:crypto';
import type { Configuration } from '#config/configuration.ts';
import type { KafkaClient } from '#kafka/client.ts';
import type { KafkaWork } from '#kafka/fault.ts';
import type { KafkaObserver } from '#kafka/observer.ts';
import type { TopicIds } from '#kafka/topic-ids.ts';
import type { Starting } from '#process/lifecycle.ts';
import type { Logger } from '#process/logger.ts';
import type { IntakeStore } from '#store/intake/writer.ts';
import type { RedisWork } from '#store/redis-fault.ts';
import type { Sealer } from '#store/sealing.ts';
import type { Tracing } from '#tracing/tracing.ts';
import type { IngestCounters } from './counters.ts';
import { IntakeBuilder } from './intake/builder.ts';
import type { Reader } from './intake/reader.ts';
import { IntakeWriter } from './intake/writer.ts';
import { startConsumer, type TrackConsumer } from './kafka/consumer.ts';
import { LagCollector } from './kafka/lag.ts';
import { AssignedPartitions } from './kafka/partitions.ts';
import type { StoreGuard } from './kafka/store-guard.ts';
import type { IngestMetrics } from './metrics.ts';
import { haltNotices, notices } from './notices.ts';

/** Messages that are taken into Redis together when there are plenty: some full envelopes. */
const ENVELOPES_A_TAKE = 8;

/** A topic that this member reads is asked for more often; one that another reads now, no more. */
const TOPIC_IDS_MS = 60_000;

interface Parts {
  readonly work: RedisWork;
  readonly kafkaWork: KafkaWork;
  readonly topicIds: TopicIds;
  readonly starting: Starting;
  readonly metrics: IngestMetrics;
  readonly logger: Logger;
  readonly reader: Reader;
  readonly sealer: Sealer;
  readonly counters: IngestCounters;
  readonly store: IntakeStore;
  readonly guard: StoreGuard;
  readonly observer: KafkaObserver;
  readonly tracing: Tracing;
}

/** Puts the parts of ingest together around a consumer, and starts it. */
export async function consume(
  client: KafkaClient,
  configuration: Configuration,
  parts: Parts,
): Promise<{ consumer: TrackConsumer; lag: LagCollector }> {
  const {
    starting,
    work,
    kafkaWork,
    topicIds,
    metrics,
    logger,
    reader,
    sealer,
    counters,
    store,
    guard,
    observer,
    tracing,
  } = parts;
  const { ingest, kafka } = configuration;
  const run = randomBytes(4).toString('hex');
  const builder = new IntakeBuilder(sealer, ingest.envelope, counters.envelope, run);
  const partitions = new AssignedPartitions(store, {
    committed: committedOffsets(observer, kafka.groupId),
    kafkaWork,
  });
  const watermarks: IntakeStore['watermarks'] = (read) => store.watermarks(read);
  const ask = (topic: string): Promise<string | null> =>
    kafkaWork.attempt('topic_ids', () => topicIds.ask(topic), { of: topic, forMs: TOPIC_IDS_MS });
  const lag = new LagCollector({ observer, ...kafka, partitions, watermarks, metrics });
  for (const topic of kafka.topics) metrics.ingestHalted.set({ topic }, 0);
  let consumer: TrackConsumer | null = null;
  const writer = new IntakeWriter(builder, store, {
    maxMessages: ingest.envelope.maxEvents * ENVELOPES_A_TAKE,
    maxBytes: ingest.maxIntakeBytes,
    lingerMs: ingest.envelope.lingerMs,
    onWritten(steps, course) {
      partitions.markWritten(steps);
      counters.publish();
      const { messages, traces: contexts, startedAt, seconds } = course;
      logger.debug({ partitions: steps.length, seconds }, 'written to Redis');
      metrics.ingestWriteDuration.observe(seconds);
      if (contexts.length === 0) return;
      const topics = [...new Set(steps.map(({ topic }) => topic))];
      tracing.intake({ topics, groupId: kafka.groupId, messages, contexts, startedAt });
    },
    onConflict() {
      metrics.ingestConflicts.inc();
      logger.warn('another process took the same messages: reading again from the watermarks');
      void consumer?.rewind();
    },
    work,
  });
  consumer = await startConsumer(client, starting, {
    groupId: kafka.groupId,
    topics: kafka.topics,
    commitIntervalMs: ingest.commitIntervalMs,
    sessionTimeoutMs: ingest.sessionTimeoutMs,
    metadataMaxAgeMs: kafka.metadataMaxAgeMs,
    store: guard.claim,
    deps: {
      reader,
      builder,
      writer,
      partitions,
      work,
      topicIds: { ask },
      counters: notices(counters.batch, { logger }),
      watermarks,
      replace: (...move) => store.replace(...move),
    },
    onHalt: haltNotices({ metrics, logger }),
    onAssigned(assigned) {
      metrics.ingestRebalances.inc();
      lag.assigned(assigned);
      void guard.check();
      logger.info({ assigned }, 'partitions assigned');
    },
    kafkaWork,
    onDead(error) {
      throw error;
    },
  });
  return { consumer, lag };
}

/** Asks Kafka where the group begins; partitions of a topic that ask at the same time ask once. */
function committedOffsets(
  observer: KafkaObserver,
  groupId: string,
): (topic: string, partition: number) => Promise<number> {
  const asking = new Map<string, ReturnType<KafkaObserver['progress']>>();
  const ask = (topic: string) =>
    observer.progress(groupId, [topic]).finally(() => asking.delete(topic));
  return async (topic, partition) => {
    const progress = asking.get(topic) ?? ask(topic);
    asking.set(topic, progress);
    const own = (await progress).find((each) => each.partition === partition);
    if (own === undefined)
      throw new Error(`Kafka does not know partition ${partition} of ${topic}`);
    return own.next;
  };
}
