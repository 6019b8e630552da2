import type { Keys } from '../keys.ts';
import type { Store } from '../store.ts';
import { UnreadableValue } from '../stored-value.ts';

/** Where a parked range is. */
export interface ParkedAt {
  readonly topic: string;
  readonly partition: number;
}

/**
 * Events of a pixel that were consumed and are in Kafka alone, because the lane was halted and the
 * share of the pixel in the queue was full. From the first of them on all events of the pixel in the
 * partition are parked, until the range is closed.
 */
export interface ParkedRange {
  /** The next offset to be read again, and the offset after the last parked message. */
  readonly from: number;
  readonly to: number;
  /** How many messages are parked in it: each counts as one event until it is read again. */
  readonly events: number;
  /** How many were counted as lost, because Kafka has deleted them. */
  readonly lost: number;
  /** When the first of them was parked, Unix ms. */
  readonly since: number;
  /** Kafka's timestamp at `from`, Unix ms; -1 where it is not known. */
  readonly timestamp: number;
  /** Events of the pixel after it are not parked. */
  readonly closed: boolean;
}

/** The parked ranges of a partition, by pixel. */
export interface ParkedPartition {
  readonly ranges: ReadonlyMap<string, ParkedRange>;
  /** Up to where ingests that know of parking have read; null where none did. */
  readonly seen: number | null;
  /** The topic that they have read, by Kafka's id; null where the brokers do not tell. */
  readonly topicId: string | null;
}

/** How long Kafka keeps messages, in ms; null where it is not known. */
type Retention = number | null;

export interface ParkedPlace extends ParkedAt, ParkedPartition {
  readonly groupId: string;
  /** `Infinity` where Kafka deletes none by their age. */
  readonly retentionMs: Retention;
}

/** The field that says how far a partition was read. No pixel has this id. */
const SEEN = '.';

/** Stands for a topic whose id is not known. */
export const NO_TOPIC_ID = '-';

/** Its last number is of the script alone: offsets at which Kafka has no message any more. */
const RANGE = /^(\d+) (\d+) (\d+) (\d+) (\d+) (-?\d+) ([oc])(?: \d+)?$/;
const NAME = /^(.+)\/(\d+) (.*)$/s;

/** The name of a partition among those that have ranges. */
export function parkedName(groupId: string, { topic, partition }: ParkedAt): string {
  return `${topic}/${partition} ${groupId}`;
}

/** @throws UnreadableValue */
export function parseParked(fields: Readonly<Record<string, string>>): ParkedPartition {
  const { [SEEN]: seen, ...ranges } = fields;
  const [offset, topicId = NO_TOPIC_ID] = seen?.split(' ') ?? [];
  return {
    ranges: new Map(Object.entries(ranges).map(([pixelId, text]) => [pixelId, parseRange(text)])),
    seen: offset === undefined ? null : Number(offset),
    topicId: topicId === NO_TOPIC_ID ? null : topicId,
  };
}

function parseRange(text: string): ParkedRange {
  const found = RANGE.exec(text);
  if (found === null) throw new UnreadableValue('a parked range in Redis is damaged');
  const [from = 0, to = 0, events = 0, lost = 0, since = 0, timestamp = 0] = found
    .slice(1, 7)
    .map(Number);
  return { from, to, events, lost, since, timestamp, closed: found[7] === 'c' };
}

/** @throws UnreadableValue, or Error when Redis does not answer */
export async function readParked(
  { redis, keys }: Store,
  groupId: string,
  at: ParkedAt,
): Promise<ParkedPartition> {
  return parseParked(await redis.hgetall(parkedKey(keys, groupId, at)));
}

export function parkedKey(keys: Keys, groupId: string, { topic, partition }: ParkedAt): string {
  return keys.parkedOf(groupId, topic, partition);
}

/** How long messages are kept, of a `retention.ms`. */
export function keptMs(retentionMs: number): number {
  return retentionMs < 0 ? Number.POSITIVE_INFINITY : retentionMs;
}

/** Every partition that has parked ranges: one command where there is none. */
export async function readAllParked(store: Store): Promise<ParkedPlace[]> {
  const index = await store.redis.hgetall(store.keys.parked);
  const places = Object.entries(index).flatMap(([name, retention]) => {
    const [, topic, partition, groupId] = NAME.exec(name) ?? [];
    if (topic === undefined || groupId === undefined) return [];
    const retentionMs = retention === '' ? null : keptMs(Number(retention));
    return [{ topic, partition: Number(partition), groupId, retentionMs }];
  });
  return Promise.all(
    places.map(async (place) => ({ ...place, ...(await readParked(store, place.groupId, place)) })),
  );
}

/** What is parked of a pixel, in all partitions. */
export interface Parked {
  readonly events: number;
  readonly ranges: number;
  /** When the first of them was parked, Unix ms. */
  readonly since: number;
  /** When Kafka may delete the first of them, Unix ms; null where that is not known. */
  readonly keptUntil: number | null;
}

/** By pixel; only pixels that have a range. */
export function sumParked(places: readonly ParkedPlace[]): Map<string, Parked> {
  const sums = new Map<string, Parked>();
  for (const { ranges, retentionMs } of places) {
    for (const [pixelId, { events, since, timestamp }] of ranges) {
      const known = sums.get(pixelId);
      const until = retentionMs === null || timestamp < 0 ? null : timestamp + retentionMs;
      sums.set(pixelId, {
        events: events + (known?.events ?? 0),
        ranges: 1 + (known?.ranges ?? 0),
        since: Math.min(since, known?.since ?? since),
        keptUntil: known === undefined ? until : earlier(until, known.keptUntil),
      });
    }
  }
  return sums;
}

/** A moment that is not known says nothing about the other one. */
function earlier(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
