import type { Logger } from '#process/logger.ts';
import type { BatchCounters } from './kafka/batch-handler.ts';
import type { HaltedPartitionsDeps } from './kafka/halted-partitions.ts';
import type { IngestMetrics } from './metrics.ts';

interface Deps {
  readonly metrics: Pick<IngestMetrics, 'ingestHalted'>;
  readonly logger: Logger;
}

/** Counts as before, and says in the log what a person has to know of a partition. */
export function notices(counters: BatchCounters, { logger }: Pick<Deps, 'logger'>): BatchCounters {
  return {
    ...counters,
    missing(topic, partition, missing) {
      counters.missing(topic, partition, missing);
      const { from, to } = missing;
      const facts = { topic, partition, from, to, messages: to - from };
      logger.error(facts, 'Kafka removed messages before they were read');
    },
    recreated(topic, partition, before) {
      counters.recreated(topic, partition, before);
      const facts = { topic, partition, before: before?.offset ?? null };
      logger.warn(facts, 'the topic was deleted and created again: reading it from its beginning');
    },
  };
}

/** Says which partitions wait for a person. */
export function haltNotices({
  metrics,
  logger,
}: Deps): Pick<HaltedPartitionsDeps, 'onChange' | 'onHalted' | 'onResumed'> {
  return {
    onChange: (topic, halted) => metrics.ingestHalted.set({ topic }, halted),
    onHalted({ topic, partition }, { offset, haltedAt }, found) {
      const facts = { topic, partition, watermark: offset, logEnd: haltedAt, found };
      logger.error(facts, 'the log ends before what was taken of it: the partition is halted');
    },
    onResumed({ topic, partition }, watermark) {
      const facts = { topic, partition, from: watermark?.offset ?? null };
      logger.info(facts, 'the partition is read again');
    },
  };
}
