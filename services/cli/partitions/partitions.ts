import { ExpectedError, UsageError } from '#config/errors.ts';
import { loadConfiguration } from '#config/load.ts';
import { createKafka } from '#kafka/client.ts';
import { type KafkaObserver, type LogEnds, observeKafka } from '#kafka/observer.ts';
import { connectOnce, refusedLogin } from '#store/connection.ts';
import { readWatermarks, replaceWatermark } from '#store/intake/watermarks.ts';
import { createStore, type Store } from '#store/store.ts';
import { printResult } from '../output/print.ts';
import { table } from '../output/table.ts';

interface PartitionDeps {
  readonly store: Store;
  readonly observer: KafkaObserver;
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
async function readPartitions(deps: PartitionDeps): Promise<PartitionReading[]> {
  const { store, observer, groupId, topics } = deps;
  const readings = topics.map(async (topic) => {
    const ends = [...(await observer.logEnds(topic))].sort(([a], [b]) => a - b);
    const places = ends.map(([partition]) => ({ topic, partition }));
    const watermarks = await readWatermarks(store, groupId, places);
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
async function resume(deps: PartitionDeps, place: string, at: string): Promise<void> {
  const { store, groupId } = deps;
  const [, topic, digits] = /^(.+)\/(\d+)$/.exec(place) ?? [];
  if (topic === undefined || !deps.topics.includes(topic)) {
    throw new UsageError(`“${place}” is not a partition of kafka.topics: write it as topic/number`);
  }
  const partition = Number(digits);
  const ends = (await deps.observer.logEnds(topic)).get(partition);
  if (ends === undefined) throw new UsageError(`topic ${topic} has no partition ${partition}`);
  const offset = offsetOf(at, ends);
  const [before = null] = await readWatermarks(store, groupId, [{ topic, partition }]);
  if (before === null || before.haltedAt === null) {
    throw new ExpectedError(`${place} is not halted: it is being read`);
  }
  const to = { ...before, offset, haltedAt: null };
  const key = store.keys.watermark(groupId, topic, partition);
  if (await replaceWatermark(store.redis, key, before, to)) return;
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

/** A row for each partition, and the commands that continue those that are halted. */
function renderPartitions(partitions: readonly PartitionReading[]): string {
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

interface PartitionsFlags {
  readonly config?: string;
  readonly json?: boolean;
}

/**
 * Prints every partition, after it has continued one.
 * @param continued the halted partition to continue, and where; null for none
 */
export async function showPartitions(
  { config, json }: PartitionsFlags,
  continued: { readonly place: string; readonly at: string } | null,
): Promise<number> {
  const configuration = await loadConfiguration(config, process.env);
  const { kafka, redis: address } = configuration;
  const redis = connectOnce(address);
  await redis.connect().catch(() => {
    const refusal = refusedLogin(redis);
    const problem = refusal === null ? 'does not answer' : `refuses the login (${refusal})`;
    throw new ExpectedError(`Redis ${problem}: run capi-relay check`);
  });
  const observer = await observeKafka(createKafka({ ...kafka, retries: 2 })).catch(() => {
    throw new ExpectedError('Kafka does not answer: run capi-relay check');
  });
  try {
    const deps = { store: createStore(redis, address.prefix), observer, ...kafka };
    if (continued !== null) await resume(deps, continued.place, continued.at);
    const partitions = await readPartitions(deps);
    return await printResult({ json }, partitions, renderPartitions(partitions));
  } finally {
    redis.disconnect();
    await observer.close();
  }
}
