import type { Redis } from 'ioredis';
import { runScript } from '../lua/scripts.ts';
import { REPLACE_WATERMARK } from '../lua/watermarks.ts';
import type { Store } from '../store.ts';

/** How far a partition has been taken into Redis. */
export interface Watermark {
  /** The next offset to be taken. */
  readonly offset: number;
  /** The topic that was read, which a topic recreated under its name is not; null where unknown. */
  readonly topicId: string | null;
  /**
   * Where the log ended when it was found to end before `offset`, and reading was halted; null
   * while the partition is read.
   */
  readonly haltedAt: number | null;
}

const UNKNOWN = '-';

const FORM = /^(\d+)(?: (-|[\w-]{22}))?(?: (\d+))?$/;

/**
 * As it is stored: the offset; where it is known, the topic's id; where it is halted, the end of the
 * log. An offset alone is what earlier releases wrote.
 */
export function formatWatermark({ offset, topicId, haltedAt }: Watermark): string {
  if (haltedAt !== null) return `${offset} ${topicId ?? UNKNOWN} ${haltedAt}`;
  return topicId === null ? `${offset}` : `${offset} ${topicId}`;
}

/** @throws Error when the value is no watermark */
export function parseWatermark(value: string | null): Watermark | null {
  if (value === null) return null;
  const [, offset, topicId = UNKNOWN, haltedAt] = FORM.exec(value) ?? [];
  const watermark = {
    offset: Number(offset),
    topicId: topicId === UNKNOWN ? null : topicId,
    haltedAt: haltedAt === undefined ? null : Number(haltedAt),
  };
  if (formatWatermark(watermark) === value) return watermark;
  throw new Error('a watermark in Redis is not readable: something else wrote to its key');
}

/** How far some partitions have been taken; null where nothing was. */
export async function readWatermarks(
  { redis, keys }: Store,
  groupId: string,
  partitions: readonly { readonly topic: string; readonly partition: number }[],
): Promise<(Watermark | null)[]> {
  if (partitions.length === 0) return [];
  const names = partitions.map(({ topic, partition }) => keys.watermark(groupId, topic, partition));
  return (await redis.mget(names)).map(parseWatermark);
}

/** Moves a watermark in one step; false when it stands elsewhere than `from` by now. */
export function replaceWatermark(
  redis: Redis,
  key: string,
  from: Watermark,
  to: Watermark,
): Promise<boolean> {
  const args = [formatWatermark(from), formatWatermark(to)];
  return runScript(redis, REPLACE_WATERMARK, { keys: [key], args });
}

/** How far an intake takes a partition. */
export interface WatermarkStep {
  readonly topic: string;
  readonly partition: number;
  /** Where the watermark must stand for this step to be right; null when there is none yet. */
  readonly from: number | null;
  /** The next offset to be taken afterwards. */
  readonly to: number;
  /** The topic that was read, by Kafka's id; null or left out where the brokers do not tell. */
  readonly topicId?: string | null;
}

/** What a step of an intake says, as far as the watermark is concerned. */
type Step = Pick<WatermarkStep, 'from' | 'to' | 'topicId'>;

/** Where a step leaves the watermark; a topic that is known stays known. */
export function afterStep({ to, topicId = null }: Step, stored: Watermark | null): Watermark {
  return { offset: to, topicId: topicId ?? stored?.topicId ?? null, haltedAt: null };
}

/** Whether a watermark is where a step expects it: at its offset, of its topic, and not halted. */
export function isBefore(step: Step, stored: Watermark | null): boolean {
  if (step.from === null || stored === null) return stored === null && step.from === null;
  return step.from === stored.offset && isReadFrom(step, stored);
}

/** Whether a step moves the watermark at all, and forward. */
export function leadsOn({ from, to }: Step): boolean {
  return from === null || to > from;
}

function isReadFrom({ topicId = null }: Step, stored: Watermark): boolean {
  const sameTopic = topicId === null || stored.topicId === null || topicId === stored.topicId;
  return sameTopic && stored.haltedAt === null;
}
