import type { Configuration } from '#config/configuration.ts';
import { createKafkaSource, type KafkaReading } from './kafka-source.ts';
import { type Rates, Speedometer } from './rates.ts';
import {
  createRedisSources,
  type DeadLetterReading,
  type FlowReading,
  type ReplayReading,
} from './redis-sources.ts';
import type { Reading } from './source.ts';

/** All that one screen shows. Whatever does not answer leaves the rest as it is. */
export interface Status {
  /** Unix ms. */
  readonly at: number;
  readonly kafka: Reading<KafkaReading>;
  readonly flow: Reading<FlowReading>;
  /** Null until there are two readings of the ledger. */
  readonly rates: Rates | null;
  readonly deadLetters: Reading<DeadLetterReading>;
  readonly replays: Reading<readonly ReplayReading[]>;
}

export interface StatusReader {
  /** @param sampleMs apart from it, the ledger is read once more before, so that there are rates */
  read(sampleMs?: number): Promise<Status>;
  close(): void;
}

/** Reads every source at the same time, each until its own deadline. */
export function createStatusReader(configuration: Configuration): StatusReader {
  const redis = createRedisSources(configuration);
  const kafkaSource = createKafkaSource(configuration.kafka, redis);
  const speedometer = new Speedometer();
  const readFlow = async (sampleMs: number) => {
    if (sampleMs > 0) {
      const first = await redis.flow();
      if (!first.ok) return { flow: first, rates: null };
      speedometer.take(first.value);
      await new Promise((resolve) => setTimeout(resolve, sampleMs));
    }
    const flow = await redis.flow();
    return { flow, rates: flow.ok ? speedometer.take(flow.value) : null };
  };
  return {
    async read(sampleMs = 0) {
      const [kafka, { flow, rates }, deadLetters, replays] = await Promise.all([
        kafkaSource(),
        readFlow(sampleMs),
        redis.deadLetters(),
        redis.replays(),
      ]);
      return { at: Date.now(), kafka, flow, rates, deadLetters, replays };
    },
    close: () => redis.close(),
  };
}
