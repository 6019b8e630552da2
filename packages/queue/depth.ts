import type { Redis } from 'ioredis';
import { createKeys, queueName } from './keys.ts';

/** How much waits in Redis, and how much room is left. */
export interface Depth {
  /** Events in envelopes that are not settled, by pixel. */
  readonly events: ReadonlyMap<string, number>;
  /** Used share of `maxmemory`; 0 when Redis has no limit. */
  readonly memoryRatio: number;
}

/** Envelopes of a pixel by BullMQ's state, and when the oldest waiting one was enqueued. */
export interface LaneDepth {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
  /** Unix ms; null when none waits. */
  readonly oldestAt: number | null;
}

/** One round trip and a few microseconds of Redis, however much waits. */
export async function readDepth(
  redis: Redis,
  prefix: string,
  pixelIds: readonly string[],
): Promise<Depth> {
  const keys = createKeys(prefix);
  const pipeline = redis.pipeline();
  pipeline.info('memory');
  for (const pixelId of pixelIds) pipeline.hget(keys.ledger(pixelId), 'queued');
  const replies = await answersOf(pipeline);
  const events = pixelIds.map((id, index) => [id, Number(replies[index + 1] ?? 0)] as const);
  return { events: new Map(events), memoryRatio: memoryRatio(String(replies[0])) };
}

/** The state of each pixel's queue. */
export async function readLaneDepths(
  redis: Redis,
  prefix: string,
  pixelIds: readonly string[],
): Promise<Map<string, LaneDepth>> {
  const pipeline = redis.pipeline();
  for (const pixelId of pixelIds) {
    const key = (part: string) => `${prefix}:${queueName(pixelId)}:${part}`;
    pipeline.llen(key('wait')).llen(key('active')).zcard(key('delayed')).zcard(key('failed'));
    pipeline.lindex(key('wait'), -1);
  }
  const replies = await answersOf(pipeline);
  const oldest = await enqueuedAt(redis, prefix, pixelIds, replies);
  return new Map(
    pixelIds.map((pixelId, index) => {
      const [waiting, active, delayed, failed] = replies
        .slice(index * 5, index * 5 + 4)
        .map(Number);
      const depth = { waiting: waiting ?? 0, active: active ?? 0, delayed: delayed ?? 0 };
      return [pixelId, { ...depth, failed: failed ?? 0, oldestAt: oldest[index] ?? null }];
    }),
  );
}

/** BullMQ takes from the right end of `wait`: the oldest envelope stands there. */
async function enqueuedAt(
  redis: Redis,
  prefix: string,
  pixelIds: readonly string[],
  replies: readonly unknown[],
): Promise<(number | null)[]> {
  const keys = createKeys(prefix);
  const pipeline = redis.pipeline();
  pixelIds.forEach((pixelId, index) => {
    pipeline.hget(keys.job(pixelId, String(replies[index * 5 + 4] ?? '')), 'timestamp');
  });
  return (await answersOf(pipeline)).map((at) => (typeof at === 'string' ? Number(at) : null));
}

async function answersOf(pipeline: ReturnType<Redis['pipeline']>): Promise<unknown[]> {
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
}

function memoryRatio(info: string): number {
  const read = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  const limit = read('maxmemory');
  return limit === 0 ? 0 : read('used_memory') / limit;
}
