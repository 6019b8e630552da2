import type { Consumer, KafkaClient } from '#kafka/client.ts';
import type { KafkaWork } from '#kafka/fault.ts';
import { isUnreachable } from '#kafka/fault.ts';
import type { StoreTag } from '#kafka/group.ts';
import { storeAssigner } from '#kafka/group.ts';
import type { Starting } from '#process/lifecycle.ts';
import { type BatchDeps, createBatchHandler } from './batch-handler.ts';
import { FetchGate, ifRunning } from './fetch-gate.ts';
import { HaltedPartitions, type HaltedPartitionsDeps } from './halted-partitions.ts';
import { WatermarkSeeker, type WatermarkSeekerDeps } from './watermark-seeker.ts';

export interface ConsumerOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly commitIntervalMs: number;
  readonly sessionTimeoutMs: number;
  readonly metadataMaxAgeMs: number;
  /** Where the messages go. */
  readonly store: StoreTag;
  readonly deps: Omit<BatchDeps, 'seek' | 'halt' | 'reread'> & Pick<WatermarkSeekerDeps, 'replace'>;
  readonly onHalt: Pick<HaltedPartitionsDeps, 'onChange' | 'onHalted' | 'onResumed'>;
  readonly onAssigned: (assigned: Readonly<Record<string, readonly number[]>>) => void;
  readonly kafkaWork: Pick<KafkaWork, 'attempt' | 'succeeded'>;
  /** The consumer ended by itself and will not come back: the process must not go on without it. */
  readonly onDead: (error: Error) => void;
}

/** The Kafka end of ingest. */
export interface TrackConsumer {
  /** Fetches nothing more until {@link TrackConsumer.resume}; what was fetched is still read. */
  pause(): void;
  resume(): void;
  /** Reads again from the watermarks: what was read and not taken is void. */
  rewind(): Promise<void>;
  /** When the group last heard of us, or gave us a batch, Unix ms. */
  lastActivityAt(): number;
  joined(): boolean;
  /** What last kept us out of the group, in Kafka's words; null once we are in. */
  lastError(): string | null;
  /** Which partitions wait for a person's word, in words; null when none does. */
  halted(): string | null;
  /** Leaves the group at once; what is held is void, and read again by others. */
  leave(): Promise<void>;
  /** Stops fetching, brings what is held into Redis, commits and leaves the group. */
  stop(): Promise<void>;
}

type Offsets = readonly { topic: string; partition: number; offset: string }[];

/** How many partitions are read at the same time; their reading is one event loop all the same. */
const PARTITIONS_AT_ONCE = 16;

export async function startConsumer(
  kafka: KafkaClient,
  starting: Starting,
  options: ConsumerOptions,
): Promise<TrackConsumer> {
  const { topics, deps, kafkaWork } = options;
  const { partitions, writer } = deps;
  const consumer = kafka.consumer({
    groupId: options.groupId,
    // How soon a resumed or idle consumer looks again.
    maxWaitTimeInMs: 250,
    sessionTimeout: options.sessionTimeoutMs,
    heartbeatInterval: Math.ceil(options.sessionTimeoutMs / 10),
    allowAutoTopicCreation: false,
    metadataMaxAge: options.metadataMaxAgeMs,
    partitionAssigners: [storeAssigner(options.store)],
  });
  const seek = (topic: string, partition: number, offset: number): void =>
    ifRunning(() => consumer.seek({ topic, partition, offset: String(offset) }));
  const seeker = new WatermarkSeeker({ ...deps, seek });
  const gate = new FetchGate(consumer, topics);
  const halted = new HaltedPartitions({ ...deps, ...options.onHalt, gate, seek });
  const signs = watch(consumer, { seeker, gate, halted }, options);

  // Whoever joins must leave, or its partitions wait for it until its session has timed out.
  const leave = (): Promise<void> => consumer.disconnect();
  starting.onUndo(leave);
  await starting.until('Kafka', () => consumer.connect(), isUnreachable);
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
    eachBatch: createBatchHandler({
      ...deps,
      seek,
      halt: (...where) => halted.halt(...where),
      reread: () => seeker.reread(),
    }),
  });

  const commit = async (offsets: Offsets): Promise<void> => {
    // What failed may be another member's by now: then there is nothing left to commit.
    if (offsets.length === 0) return kafkaWork.succeeded('commit');
    // Its failure is noted, and what is not committed then is due again.
    await kafkaWork
      .attempt('commit', () => consumer.commitOffsets([...offsets]))
      .then(() => partitions.markCommitted(offsets))
      .catch(() => undefined);
  };
  // Commit one interval late, so that if Redis loses its last seconds, Kafka still redelivers them.
  let dueOffsets: Offsets = [];
  const committing = setInterval(() => {
    void commit(dueOffsets);
    dueOffsets = partitions.uncommitted();
  }, options.commitIntervalMs);

  return {
    pause: () => gate.close(),
    resume: () => gate.open(),
    rewind: () => seeker.rewind(),
    lastActivityAt: signs.last,
    joined: signs.joined,
    lastError: signs.error,
    halted: () => halted.fault(),
    async stop() {
      clearInterval(committing);
      halted.stop();
      seeker.stop();
      gate.close();
      await writer.write('stop');
      await commit(partitions.uncommitted());
      await leave();
    },
    leave,
  };
}

/** Follows what the consumer says of itself. */
function watch(
  consumer: Consumer,
  { seeker, gate, halted }: { seeker: WatermarkSeeker; gate: FetchGate; halted: HaltedPartitions },
  options: ConsumerOptions,
): { last(): number; joined(): boolean; error(): string | null } {
  let last = Date.now();
  let joined = false;
  let lastError: string | null = null;
  const sign = (): void => {
    last = Date.now();
  };
  consumer.on(consumer.events.HEARTBEAT, sign);
  consumer.on(consumer.events.FETCH, sign);
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    sign();
    joined = true;
    lastError = null;
    halted.reassign();
    gate.apply();
    void seeker.assign(payload.memberAssignment);
    options.onAssigned(payload.memberAssignment);
  });
  consumer.on(consumer.events.REBALANCING, () => {
    joined = false;
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    sign();
    joined = false;
    lastError = payload.error.message;
    if (!payload.restart) options.onDead(payload.error);
  });
  return { last: () => last, joined: () => joined, error: () => lastError };
}
