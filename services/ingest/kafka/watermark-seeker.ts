import type { TopicIds } from '#kafka/topic-ids.ts';
import type { Watermark } from '#store/intake/watermarks.ts';
import type { IntakeStore } from '#store/intake/writer.ts';
import type { RedisWork } from '#store/redis-fault.ts';
import type { IntakeWriter } from '../intake/writer.ts';
import type { BatchCounters } from './batch-handler.ts';
import type { AssignedPartitions } from './partitions.ts';

export interface WatermarkSeekerDeps {
  readonly partitions: AssignedPartitions;
  readonly writer: IntakeWriter;
  readonly work: RedisWork;
  readonly topicIds: Pick<TopicIds, 'ask'>;
  readonly counters: Pick<BatchCounters, 'recreated'>;
  /** Asks Redis where partitions stand. */
  readonly watermarks: IntakeStore['watermarks'];
  readonly replace: IntakeStore['replace'];
  readonly seek: (topic: string, partition: number, offset: number) => void;
}

interface Place {
  readonly topic: string;
  readonly partition: number;
}

type Ids = ReadonlyMap<string, string | null>;

/** How often brokers are asked whether topics are still the same, in ms. */
const LOOK_MS = 2000;

/** Brings the reading of every partition of this member back to what Redis has taken. */
export class WatermarkSeeker {
  private assigned: readonly Place[] = [];
  /** The topics that are read, as they were at the last rewind. */
  private ids: Ids = new Map();
  private looking: NodeJS.Timeout | null = null;
  private readonly deps: WatermarkSeekerDeps;

  constructor(deps: WatermarkSeekerDeps) {
    this.deps = deps;
  }

  /** Another member may have read these partitions before: only the watermarks know how far. */
  async assign(assignment: Readonly<Record<string, readonly number[]>>): Promise<void> {
    this.assigned = Object.entries(assignment).flatMap(([topic, numbers]) =>
      numbers.map((partition) => ({ topic, partition })),
    );
    this.deps.partitions.reassign();
    await this.rewind();
    this.looking ??= setTimeout(() => void this.checkTopicIds(), LOOK_MS);
  }

  stop(): void {
    if (this.looking !== null) clearTimeout(this.looking);
    this.looking = null;
  }

  /**
   * Makes void what was read and is not taken, and reads again from the watermarks. It does not
   * wait for a message: where none comes any more, what Redis has lost must be read again too.
   */
  async rewind(): Promise<void> {
    const { partitions, writer, work } = this.deps;
    partitions.forget();
    const { epoch } = partitions;
    const current = (): boolean => partitions.epoch === epoch;
    await writer.abandon();
    const read = this.assigned;
    const ids = await this.askIds();
    // However long Redis takes; a later rewind takes over.
    const watermarks = await work.retryUntilDone(
      'watermarks',
      () => this.deps.watermarks(read),
      current,
    );
    if (watermarks === null || !current()) return;
    this.ids = ids;
    await Promise.all(
      read.map((seekPartition, index) =>
        this.place(seekPartition, watermarks[index] ?? null, current),
      ),
    );
  }

  /** Takes what was read of a topic that may be gone, and reads again from the watermarks. */
  async reread(): Promise<void> {
    await this.deps.writer.write('linger');
    await this.rewind();
  }

  private async place(
    { topic, partition }: Place,
    watermark: Watermark | null,
    current: () => boolean,
  ): Promise<void> {
    const { partitions, seek } = this.deps;
    const topicId = this.ids.get(topic) ?? null;
    const named =
      watermark !== null && topicId !== null && watermark.topicId !== topicId
        ? await this.recordTopicId({ topic, partition }, watermark, topicId, current)
        : watermark;
    const offset = named?.offset ?? (await partitions.floor(topic, partition));
    if (offset !== null && current()) seek(topic, partition, offset);
  }

  /**
   * Writes down the topic of a watermark. Of another topic than before nothing was taken: it may hold
   * as many messages as were taken of the old one, and then no batch comes that would say so.
   */
  private async recordTopicId(
    at: Place,
    before: Watermark,
    topicId: string,
    current: () => boolean,
  ): Promise<Watermark> {
    const { work, replace, counters } = this.deps;
    const recreated = before.topicId !== null;
    const to = recreated ? { offset: 0, topicId, haltedAt: null } : { ...before, topicId };
    const moved = await work.retryUntilDone('watermarks', () => replace(at, before, to), current);
    if (moved !== true) return before;
    if (recreated) counters.recreated(at.topic, at.partition, before);
    return to;
  }

  private async checkTopicIds(): Promise<void> {
    const ids = await this.askIds();
    const changed = [...ids].some(([topic, id]) => {
      const known = this.ids.get(topic) ?? null;
      return id !== null && known !== null && id !== known;
    });
    if (changed) await this.reread();
    else
      this.ids = new Map([...ids].map(([topic, id]) => [topic, id ?? this.ids.get(topic) ?? null]));
    if (this.looking !== null) this.looking = setTimeout(() => void this.checkTopicIds(), LOOK_MS);
  }

  /** Null for a topic that no broker knows now, which is noted; batches of it ask themselves. */
  private async askIds(): Promise<Ids> {
    const topics = [...new Set(this.assigned.map(({ topic }) => topic))];
    const ids = topics.map((topic) => this.deps.topicIds.ask(topic).catch(() => null));
    const answers = await Promise.all(ids);
    return new Map(topics.map((topic, index) => [topic, answers[index] ?? null]));
  }
}
