import type { TopicIds } from '#kafka/topic-ids.ts';
import type { Watermark } from '#store/intake/watermarks.ts';
import type { IntakeStore } from '#store/intake/writer.ts';
import type { RedisWork } from '#store/redis-fault.ts';
import type { IngestCounters } from '../counters.ts';
import type { IntakeWriter } from '../intake/writer.ts';
import type { AssignedPartitions } from './partitions.ts';

export interface WatermarkSeekerDeps {
  readonly partitions: Pick<AssignedPartitions, 'epoch' | 'forget' | 'reassign' | 'floor'>;
  readonly writer: Pick<IntakeWriter, 'abandon' | 'write'>;
  readonly store: Pick<IntakeStore, 'watermarks' | 'replace'>;
  readonly work: Pick<RedisWork, 'retryUntilDone'>;
  readonly topicIds: Pick<TopicIds, 'ask'>;
  readonly counters: Pick<IngestCounters, 'recreated'>;
  readonly seek: (topic: string, partition: number, offset: number) => void;
}

interface AssignedPartition {
  readonly topic: string;
  readonly partition: number;
}

type Ids = ReadonlyMap<string, string | null>;

/** How often brokers are asked whether the topics are still the same, in ms. */
const CHECK_MS = 2000;

/** Seeks every partition of this member to its watermark in Redis. */
export class WatermarkSeeker {
  private assigned: readonly AssignedPartition[] = [];
  /** The ids of the topics at the last rewind. */
  private ids: Ids = new Map();
  private timer: NodeJS.Timeout | null = null;
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
    this.timer ??= setTimeout(() => void this.checkTopicIds(), CHECK_MS);
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  /**
   * Discards what was read and not written, and reads again from the watermarks. It does not wait for a
   * message: what Redis has lost must be read again even where no new message comes.
   */
  async rewind(): Promise<void> {
    const { partitions, writer, work, store } = this.deps;
    partitions.forget();
    const { epoch } = partitions;
    const current = (): boolean => partitions.epoch === epoch;
    await writer.abandon();
    const { assigned } = this;
    const ids = await this.askIds();
    // For as long as Redis takes; a later rewind takes over.
    const read = (): Promise<(Watermark | null)[]> => store.watermarks(assigned);
    const watermarks = await work.retryUntilDone('watermarks', read, current);
    if (watermarks === null || !current()) return;
    this.ids = ids;
    await Promise.all(
      assigned.map((at, index) => this.seekPartition(at, watermarks[index] ?? null, current)),
    );
  }

  /** Writes what was read of a topic that may be gone, and reads again from the watermarks. */
  async reread(): Promise<void> {
    await this.deps.writer.write('linger');
    await this.rewind();
  }

  private async seekPartition(
    at: AssignedPartition,
    watermark: Watermark | null,
    current: () => boolean,
  ): Promise<void> {
    const { partitions, seek } = this.deps;
    const { topic, partition } = at;
    const topicId = this.ids.get(topic) ?? null;
    const start =
      watermark !== null && topicId !== null && watermark.topicId !== topicId
        ? await this.recordTopicId(at, watermark, topicId, current)
        : watermark;
    const offset = start?.offset ?? (await partitions.floor(topic, partition));
    if (offset !== null && current()) seek(topic, partition, offset);
  }

  /**
   * Records the topic id in the watermark. If the topic was recreated, the watermark starts over: the
   * new topic may hold as many messages as were read of the old one, and then no batch would show it.
   */
  private async recordTopicId(
    at: AssignedPartition,
    before: Watermark,
    topicId: string,
    current: () => boolean,
  ): Promise<Watermark> {
    const { work, store, counters } = this.deps;
    const recreated = before.topicId !== null;
    const to = recreated ? { offset: 0, topicId, haltedAt: null } : { ...before, topicId };
    const replace = (): Promise<boolean> => store.replace(at, before, to);
    const moved = await work.retryUntilDone('watermarks', replace, current);
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
    if (this.timer !== null) this.timer = setTimeout(() => void this.checkTopicIds(), CHECK_MS);
  }

  /** Null for a topic whose id no broker tells now; the failure is noted, and its batches ask too. */
  private async askIds(): Promise<Ids> {
    const topics = [...new Set(this.assigned.map(({ topic }) => topic))];
    const ids = topics.map((topic) => this.deps.topicIds.ask(topic).catch(() => null));
    const answers = await Promise.all(ids);
    return new Map(topics.map((topic, index) => [topic, answers[index] ?? null]));
  }
}
