import { ExpectedError, UsageError } from '#config/errors.ts';
import type { KafkaObserver, LogEnds } from '#kafka/observer.ts';
import type { Redis } from '#store/connection.ts';
import { readWatermarks, replaceWatermark } from '#store/intake/watermarks.ts';
import { createKeys } from '#store/keys.ts';
import { table } from '../output/table.ts';

export interface PartitionDeps {
  readonly redis: Redis;
  readonly observer: Pick<KafkaObserver, 'logEnds'>;
  readonly prefix: string;
  readonly groupId: string;
  readonly topics: readonly string[];
}

/** The state of a partition in Kafka and Redis. */
interface PartitionReading {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the oldest message, and the offset after the newest one. */
  readonly logStart: number;
  readonly logEnd: number;
  /** The next offset to read; null when nothing has been read. */
  readonly taken: number | null;
  /** Where the log ended when the partition was halted; null unless it is halted. */
  readonly haltedAt: number | null;
}

/** Every partition of the configured topics, in order. */
export async function readPartitions(deps: PartitionDeps): Promise<PartitionReading[]> {
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
 * Sets where a halted partition continues; ingest picks it up.
 * @throws UsageError when the partition or the offset is invalid
 * @throws ExpectedError when the partition is not halted, or the offset is not in its log
 */
export async function resume(deps: PartitionDeps, place: string, at: string): Promise<void> {
  const [, topic, digits] = /^(.+)\/(\d+)$/.exec(place) ?? [];
  if (topic === undefined || !deps.topics.includes(topic)) {
    throw new UsageError(`“${place}” is not a partition of kafka.topics: write it as topic/number`);
  }
  const partition = Number(digits);
  const ends = (await deps.observer.logEnds(topic)).get(partition);
  if (ends === undefined) throw new UsageError(`topic ${topic} has no partition ${partition}`);
  const offset = offsetOf(at, ends);
  const key = keyOf(deps, topic, partition);
  const [before = null] = await readWatermarks(deps.redis, [key]);
  if (before === null || before.haltedAt === null) {
    throw new ExpectedError(`${place} is not halted: it is being read`);
  }
  const to = { ...before, offset, haltedAt: null };
  if (await replaceWatermark(deps.redis, key, before, to)) return;
  throw new ExpectedError(`${place} was changed in the meantime: run the command again`);
}

function offsetOf(at: string, { low, high }: LogEnds): number {
  if (at === 'beginning') return low;
  if (at === 'end') return high;
  if (!/^\d+$/.test(at))
    throw new UsageError(`--at takes an offset, beginning or end, not “${at}”`);
  const offset = Number(at);
  if (offset >= low && offset <= high) return offset;
  throw new ExpectedError(`--at ${at} is outside the log, which holds offsets ${low} to ${high}`);
}

function keyOf({ prefix, groupId }: PartitionDeps, topic: string, partition: number): string {
  return createKeys(prefix).watermark(groupId, topic, partition);
}

/** A row for each partition, and the commands that continue those that are halted. */
export function renderPartitions(partitions: readonly PartitionReading[]): string {
  const rows = partitions.map((each) => [
    `${each.topic}/${each.partition}`,
    `${each.logStart}–${each.logEnd}`,
    each.taken === null ? 'nothing' : `${each.taken}`,
    each.haltedAt === null ? '' : `halted: the log ended at ${each.haltedAt}`,
  ]);
  const steps = partitions
    .filter(({ haltedAt }) => haltedAt !== null)
    .map(
      ({ topic, partition, haltedAt }) =>
        `  capi-relay partitions --resume ${topic}/${partition} --at ${haltedAt}\n`,
    );
  const advice =
    '\nChoose where a halted partition continues (docs/runbooks.md#capipartitionhalted):\n';
  const shown = table([['PARTITION', 'LOG', 'READ UP TO', ''], ...rows]);
  return shown + (steps.length === 0 ? '' : advice + steps.join(''));
}
