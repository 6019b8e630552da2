import type { Consumer, KafkaClient } from '#kafka/client.ts';
import { isUnreachable, type KafkaWork } from '#kafka/fault.ts';
import { type StoreTag, storeAssigner } from '#kafka/group.ts';
import type { Starting } from '#process/lifecycle.ts';
import type { IngestMetrics } from '../metrics.ts';
import { AwaitedSchemas, type AwaitedSchemasDeps } from './awaited-schemas.ts';
import { type BatchDeps, createBatchHandler } from './batch-handler.ts';
import { FetchGate, ifRunning } from './fetch-gate.ts';
import { HaltedPartitions, type HaltedPartitionsDeps } from './halted-partitions.ts';
import type { AssignedPartitions } from './partitions.ts';
import { WatermarkSeeker, type WatermarkSeekerDeps } from './watermark-seeker.ts';

interface ConsumerOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly commitIntervalMs: number;
  readonly sessionTimeoutMs: number;
  readonly metadataMaxAgeMs: number;
  /** The store that this member writes to. */
  readonly claim: StoreTag;
  /** A broker has answered. */
  readonly onAnswer: () => void;
  readonly onAssigned: (assigned: Readonly<Record<string, readonly number[]>>) => void;
}

type ConsumerDeps = Omit<BatchDeps, 'seek' | 'halt' | 'reread' | 'loadSchemas'> &
  Omit<AwaitedSchemasDeps, 'gate'> &
  Omit<WatermarkSeekerDeps, 'seek'> &
  Omit<HaltedPartitionsDeps, 'seek' | 'gate'> & {
    readonly kafkaWork: Pick<KafkaWork, 'attempt' | 'succeeded'>;
    readonly partitions: Pick<AssignedPartitions, 'uncommitted' | 'markCommitted'>;
    readonly metrics: Pick<IngestMetrics, 'ingestRebalances'>;
  };

type Offsets = readonly { topic: string; partition: number; offset: string }[];

/** Partitions that are read concurrently, on one event loop. */
const CONCURRENT_PARTITIONS = 16;

/** How long a broker holds a fetch without messages, and so how soon a resumed consumer fetches, in ms. */
const FETCH_WAIT_MS = 250;

/** The Kafka end of ingest. */
export class TrackConsumer {
  /** When the group last heard from this member, or gave it a batch, Unix ms. */
  lastActivityAt = Date.now();
  joined = false;
  /** What last kept this member out of the group, in Kafka's words; null once it has joined. */
  lastError: string | null = null;
  /** While it is closed, nothing more is fetched; what was fetched is still read. */
  readonly gate: FetchGate;
  private readonly consumer: Consumer;
  private readonly options: ConsumerOptions;
  private readonly deps: ConsumerDeps;
  private readonly seeker: WatermarkSeeker;
  private readonly haltedPartitions: HaltedPartitions;
  private readonly awaitedSchemas: AwaitedSchemas;
  private dueOffsets: Offsets = [];
  private committing: NodeJS.Timeout | null = null;

  constructor(kafka: Pick<KafkaClient, 'consumer'>, options: ConsumerOptions, deps: ConsumerDeps) {
    this.options = options;
    this.deps = deps;
    this.consumer = kafka.consumer({
      groupId: options.groupId,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      sessionTimeout: options.sessionTimeoutMs,
      heartbeatInterval: Math.ceil(options.sessionTimeoutMs / 10),
      allowAutoTopicCreation: false,
      metadataMaxAge: options.metadataMaxAgeMs,
      partitionAssigners: [storeAssigner(options.claim)],
    });
    this.gate = new FetchGate(this.consumer, options.topics);
    this.seeker = new WatermarkSeeker({ ...deps, seek: this.seek });
    this.haltedPartitions = new HaltedPartitions({ ...deps, gate: this.gate, seek: this.seek });
    this.awaitedSchemas = new AwaitedSchemas(options.topics, { ...deps, gate: this.gate });
    for (const topic of options.topics) deps.metrics.ingestHalted.set({ topic }, 0);
    this.follow();
  }

  /** Joins the group and reads from then on. */
  async start(starting: Pick<Starting, 'until' | 'onUndo'>): Promise<void> {
    // A member that does not leave keeps its partitions until its session times out.
    starting.onUndo(() => this.leave());
    await starting.until('Kafka', () => this.consumer.connect(), isUnreachable);
    await this.consumer.subscribe({ topics: [...this.options.topics], fromBeginning: true });
    await this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: CONCURRENT_PARTITIONS,
      eachBatch: createBatchHandler({
        ...this.deps,
        seek: this.seek,
        halt: (...halt) => this.haltedPartitions.halt(...halt),
        reread: () => this.seeker.reread(),
        loadSchemas: this.awaitedSchemas.load,
      }),
    });
    this.committing = setInterval(() => this.commitDue(), this.options.commitIntervalMs);
  }

  /** Discards what was read and not written, and reads again from the watermarks. */
  rewind(): Promise<void> {
    return this.seeker.rewind();
  }

  /** Which partitions are halted, as a message; null when none is. */
  halted(): string | null {
    return this.haltedPartitions.fault();
  }

  /** Leaves the group at once; what was not written is read again by others. */
  leave(): Promise<void> {
    return this.consumer.disconnect();
  }

  /** Stops fetching, writes what was read, commits and leaves the group. */
  async stop(): Promise<void> {
    if (this.committing !== null) clearInterval(this.committing);
    this.haltedPartitions.stop();
    this.awaitedSchemas.stop();
    this.seeker.stop();
    this.gate.close();
    await this.deps.writer.write('stop');
    await this.commit(this.deps.partitions.uncommitted());
    await this.leave();
  }

  private readonly seek = (topic: string, partition: number, offset: number): void =>
    ifRunning(() => this.consumer.seek({ topic, partition, offset: String(offset) }));

  /** Commits one interval late, so that if Redis loses its last seconds, Kafka still redelivers them. */
  private commitDue(): void {
    void this.commit(this.dueOffsets);
    this.dueOffsets = this.deps.partitions.uncommitted();
  }

  private async commit(offsets: Offsets): Promise<void> {
    const { kafkaWork, partitions } = this.deps;
    // Where an earlier commit failed, the partitions may be another member's by now.
    if (offsets.length === 0) return kafkaWork.succeeded('commit');
    try {
      await kafkaWork.attempt('commit', () => this.consumer.commitOffsets([...offsets]));
      partitions.markCommitted(offsets);
    } catch {
      // The failure is noted, and these offsets are due again.
    }
  }

  /** Follows what the consumer reports. */
  private follow(): void {
    const { consumer } = this;
    const { HEARTBEAT, FETCH, GROUP_JOIN, REBALANCING, CRASH } = consumer.events;
    const onAnswer = (): void => {
      onActivity();
      this.options.onAnswer();
    };
    const onActivity = (): void => {
      this.lastActivityAt = Date.now();
    };
    consumer.on(HEARTBEAT, onAnswer);
    consumer.on(FETCH, onAnswer);
    consumer.on(GROUP_JOIN, ({ payload }) => {
      onAnswer();
      this.joined = true;
      this.lastError = null;
      this.haltedPartitions.reassign();
      this.awaitedSchemas.reassign();
      this.gate.apply();
      void this.seeker.assign(payload.memberAssignment);
      this.deps.metrics.ingestRebalances.inc();
      this.deps.logger.info({ assigned: payload.memberAssignment }, 'partitions assigned');
      this.options.onAssigned(payload.memberAssignment);
    });
    consumer.on(REBALANCING, () => {
      this.joined = false;
    });
    consumer.on(CRASH, ({ payload }) => {
      onActivity();
      this.joined = false;
      this.lastError = payload.error.message;
      // It will not come back: the process must end too.
      if (!payload.restart) throw payload.error;
    });
  }
}
