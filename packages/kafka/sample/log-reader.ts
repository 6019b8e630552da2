import { setTimeout as sleep } from 'node:timers/promises';
import { retry } from '#core/retried-work.ts';
import { createKafka, type KafkaClient, type KafkaOptions } from '../client.ts';
import { kafkaFault } from '../fault.ts';
import type { FetchedRecord } from '../fetch/fetched-record.ts';
import type { LogEnds } from '../observer.ts';
import { ReadFailure, readFailure } from './read-failure.ts';

/** Partition → offset. */
type Offsets = ReadonlyMap<number, number>;

interface PartitionMetadata {
  readonly partitionId: number;
  readonly leader: number;
}

interface TopicOffsets {
  readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
}

/** As far as it is used here of what kafkajs reads with below its consumers. */
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly PartitionMetadata[];
  findBroker(which: { readonly nodeId: number }): Promise<Broker>;
  fetchTopicsOffset(asked: readonly object[]): Promise<readonly TopicOffsets[]>;
}

interface Broker {
  fetch(request: object): Promise<{
    readonly responses: readonly {
      readonly partitions: readonly {
        readonly partition: number;
        readonly messages: readonly FetchedRecord[];
      }[];
    }[];
  }>;
}

/** Source: kafka.apache.org/protocol, "Fetch API (Key: 1)", isolation_level. */
const READ_COMMITTED = 1;

/** Of an answer, and of a partition in it; a batch that is larger comes whole. */
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_PARTITION_BYTES = 1024 * 1024;

/** Attempts while a partition has a new leader, and the pause between them in ms. */
const ATTEMPTS = 4;
const AGAIN_MS = 250;

/** The longest wait for connections to end, in ms. */
const CLOSE_MS = 500;

/** kafkajs gives its connections up after as many more attempts. */
const RETRIES = 2;

/**
 * Reads the logs of topics without a consumer group: no offset is committed, and no group is created.
 * Sees what a consumer of committed transactions sees. Each call throws a {@link ReadFailure}.
 */
export class LogReader {
  private readonly cluster: Cluster;
  private readonly options: KafkaOptions;
  private readonly timeoutMs: number;
  /** What kafkajs logged last. */
  private hint: string | null = null;

  /** @param timeoutMs the longest wait for an answer */
  constructor(options: KafkaOptions, timeoutMs: number) {
    this.options = options;
    this.timeoutMs = timeoutMs;
    const kafka = createKafka({ ...options, retries: RETRIES }, (_, message, { cause }) => {
      this.hint = String(cause ?? message);
    });
    this.cluster = clusterOf(kafka);
  }

  /** To be called first, with the topics that are to be read. */
  async connect(topics: readonly string[]): Promise<void> {
    await this.within(null, () => this.cluster.connect());
    // One by one: kafkajs does not tell which topic a refusal is about.
    for (const topic of topics) await this.within(topic, () => this.cluster.addTargetTopic(topic));
  }

  /** Waits for no broker that hangs. */
  async close(): Promise<void> {
    const timeout = sleep(CLOSE_MS, undefined, { ref: false });
    await Promise.race([this.cluster.disconnect().catch(() => {}), timeout]);
  }

  /** By partition: the oldest offset, and the one after the newest that can be read. */
  async ends(topic: string): Promise<ReadonlyMap<number, LogEnds>> {
    const ids = this.cluster.findTopicPartitionMetadata(topic).map((each) => each.partitionId);
    const partitions = ids.map((partition) => ({ partition }));
    const ask = async (fromBeginning: boolean): Promise<Offsets> => {
      const [found] = await this.cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning }]);
      return new Map(
        (found?.partitions ?? []).map((each) => [each.partition, Number(each.offset)]),
      );
    };
    const [lows, highs] = await this.within(topic, () => Promise.all([ask(true), ask(false)]));
    const sorted = [...highs].sort(([a], [b]) => a - b);
    return new Map(
      sorted.map(([partition, high]) => [partition, { low: lows.get(partition) ?? high, high }]),
    );
  }

  /** By partition: records from the given offsets on, as many as fit; a batch may start before. */
  async fetch(
    topic: string,
    offsets: Offsets,
  ): Promise<ReadonlyMap<number, readonly FetchedRecord[]>> {
    return this.within(topic, async () => {
      const found = new Map<number, readonly FetchedRecord[]>();
      // One broker after the other, so that only one answer is in memory while it is decoded.
      for (const [nodeId, partitions] of this.byLeader(topic, offsets)) {
        const broker = await this.cluster.findBroker({ nodeId });
        const { responses } = await broker.fetch({
          isolationLevel: READ_COMMITTED,
          // Answers at once, whatever there is; the longest wait bounds that of kafkajs for an answer.
          minBytes: 0,
          maxWaitTime: this.timeoutMs,
          maxBytes: MAX_BYTES,
          topics: [{ topic, partitions }],
        });
        for (const { partitions: answered } of responses) {
          for (const { partition, messages } of answered) found.set(partition, messages);
        }
      }
      return found;
    });
  }

  private byLeader(topic: string, offsets: Offsets): ReadonlyMap<number, object[]> {
    const metadata = this.cluster.findTopicPartitionMetadata(topic);
    const leaders = new Map(metadata.map(({ partitionId, leader }) => [partitionId, leader]));
    const asked = [...offsets].map(([partition, fetchOffset]) => {
      return { partition, fetchOffset, maxBytes: MAX_PARTITION_BYTES };
    });
    return Map.groupBy(asked, ({ partition }) => leaders.get(partition) ?? -1);
  }

  /** Tries a few times while leaders move, and no longer than the time allows. */
  private async within<T>(topic: string | null, work: () => Promise<T>): Promise<T> {
    const { brokers } = this.options;
    const late = new AbortController();
    const waitMs = (error: unknown, failures: number): number | null =>
      topic !== null && failures < ATTEMPTS && mayHeal(error) ? AGAIN_MS : null;
    const attempts = retry(work, {
      waitMs,
      sleep: async (ms) => {
        await sleep(ms, undefined, { ref: false });
        await this.cluster.refreshMetadata().catch(() => {});
      },
      wanted: () => !late.signal.aborted,
    });
    const timeout = sleep(this.timeoutMs, null, { ref: false, signal: late.signal });
    try {
      const done = await Promise.race([attempts, timeout.catch(() => null)]);
      if (done !== null) return done;
      throw this.lateFailure(topic);
    } catch (error) {
      throw readFailure(error, this.hint, { brokers, topic });
    } finally {
      late.abort();
      // What is late may fail, and no one waits for it.
      attempts.catch(() => {});
    }
  }

  private lateFailure(topic: string | null): ReadFailure {
    const { brokers } = this.options;
    const what = topic === null ? '' : ` about topic ${topic}`;
    const problem = `Kafka at ${brokers.join(', ')} gives no answer${what} within ${this.timeoutMs / 1000} s`;
    return new ReadFailure('late', problem, 'see whether its brokers run, or raise --timeout');
  }
}

/** Whether asking again with new metadata may help: a topic that is missing stays so. */
function mayHeal(error: unknown): boolean {
  return kafkaFault(error) === 'unreachable';
}

const CREATE_CLUSTER = 'private:Kafka:createCluster';

/** kafkajs 2.2.4 makes consumers with a group alone; its admin client cannot fetch. */
function clusterOf(kafka: KafkaClient): Cluster {
  const symbols = Object.getOwnPropertySymbols(kafka);
  const symbol = symbols.find(({ description }) => description === CREATE_CLUSTER);
  if (symbol === undefined) throw new Error('this release of kafkajs has no createCluster');
  const create = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[symbol];
  if (create === undefined) throw new Error('this release of kafkajs has no createCluster');
  return create({ allowAutoTopicCreation: false, isolationLevel: READ_COMMITTED });
}
