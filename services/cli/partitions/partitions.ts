import type { KafkaObserver, LogEnds } from '#kafka/observer.ts';
import { ExpectedError, UsageError } from '#process/command.ts';
import type { Redis } from '#store/connection.ts';
import { readWatermarks, replaceWatermark } from '#store/intake/watermarks.ts';
import { createKeys } from '#store/keys.ts';

export interface Deps {
  readonly redis: Redis;
  readonly observer: Pick<KafkaObserver, 'logEnds'>;
  readonly prefix: string;
  readonly groupId: string;
  readonly topics: readonly string[];
}

/** A partition, as Kafka and Redis have it. */
export interface PartitionReading {
  readonly topic: string;
  readonly partition: number;
  /** Offsets of the oldest message, and after the newest one. */
  readonly logStart: number;
  readonly logEnd: number;
  /** The next offset to be taken; null where nothing was taken. */
  readonly taken: number | null;
  /** Where the log ended when the partition was halted; null while it is read. */
  readonly haltedAt: number | null;
}

/** Every partition of the configured topics, in order. */
export async function readPartitions(deps: Deps): Promise<PartitionReading[]> {
  const { redis, observer, topics } = deps;
  const readings = topics.map(async (topic) => {
    const ends = [...(await observer.logEnds(topic))].sort(([a], [b]) => a - b);
    const keys = ends.map(([partition]) => keyOf(deps, topic, partition));
    const watermarks = await readWatermarks(redis, keys);
    return ends.map(([partition, { low, high }], index) => {
      const { offset = null, haltedAt = null } = watermarks[index] ?? {};
      return { topic, partition, logStart: low, logEnd: high, taken: offset, haltedAt };
    });
  });
  return (await Promise.all(readings)).flat();
}

/**
 * Says where a halted partition goes on; ingest notices by itself.
 * @throws UsageError when the place or the offset is none
 * @throws ExpectedError when the partition is not halted, or the offset is not in its log
 */
export async function resume(deps: Deps, place: string, at: string): Promise<void> {
  const [, topic, digits] = /^(.+)\/(\d+)$/.exec(place) ?? [];
  if (topic === undefined || !deps.topics.includes(topic)) {
    throw new UsageError(`“${place}” is no partition of kafka.topics: name one as topic/number`);
  }
  const partition = Number(digits);
  const ends = (await deps.observer.logEnds(topic)).get(partition);
  if (ends === undefined) throw new UsageError(`topic ${topic} has no partition ${partition}`);
  const offset = offsetOf(at, ends);
  const key = keyOf(deps, topic, partition);
  const [before = null] = await readWatermarks(deps.redis, [key]);
  if (before === null || before.haltedAt === null) {
    throw new ExpectedError(`${place} is not halted: it goes on by itself`);
  }
  const to = { ...before, offset, haltedAt: null };
  if (await replaceWatermark(deps.redis, key, before, to)) return;
  throw new ExpectedError(`${place} was changed meanwhile: look at it again`);
}

function offsetOf(at: string, { low, high }: LogEnds): number {
  if (at === 'beginning') return low;
  if (at === 'end') return high;
  if (!/^\d+$/.test(at)) throw new UsageError(`--at ${at}: an offset, beginning or end`);
  const offset = Number(at);
  if (offset >= low && offset <= high) return offset;
  throw new ExpectedError(`the log holds the offsets from ${low} to ${high}: ${at} is outside`);
}

function keyOf({ prefix, groupId }: Deps, topic: string, partition: number): string {
  return createKeys(prefix).watermark(groupId, topic, partition);
}
