import type { Redis } from 'ioredis';
import type { IntakeStore } from './intake.ts';
import { begin, fill, judge } from './intake-transaction.ts';
import { createKeys } from './keys.ts';
import { createQueues } from './queues.ts';
import { withScripts } from './scripts.ts';
import type { Sealer } from './sealing.ts';
import { isAfter, isBefore, leadsOn, parseWatermark, readWatermarks } from './watermarks.ts';

export function createIntakeStore(
  redis: Redis,
  options: { prefix: string; groupId: string; sealer: Sealer },
): IntakeStore {
  const { prefix, groupId, sealer } = options;
  const keys = createKeys(prefix);
  const queues = createQueues(redis, prefix);
  withScripts(redis);
  const watermarkKeys = (at: readonly { topic: string; partition: number }[]): string[] =>
    at.map(({ topic, partition }) => keys.watermark(groupId, topic, partition));

  return {
    async watermarks(partitions) {
      return readWatermarks(redis, watermarkKeys(partitions));
    },
    async take(intake) {
      // Before anything is watched, so that nothing comes between the look and the transaction.
      await queues.ensure(intake.envelopes.map(({ pixelId }) => pixelId));
      const watched = watermarkKeys(intake.steps);
      const found = await watchAndRead(redis, watched);
      const { stream } = redis;
      const stored = found.map(parseWatermark);
      const { steps } = intake;
      if (steps.every((step, i) => isAfter(step, stored[i] ?? null))) return done(redis, 'taken');
      const expected = steps.every((step, i) => leadsOn(step) && isBefore(step, stored[i] ?? null));
      if (!expected) return done(redis, 'conflict');
      const transaction = begin(redis);
      fill(transaction, intake, { keys, sealer, watched, stored, queues: queues.open });
      // On another connection nothing is watched.
      if (redis.stream !== stream || !stream.writable)
        throw new Error('Redis was lost: look again');
      return judge(await transaction.exec(), intake.envelopes.length);
    },
    async close() {
      await queues.close();
    },
  };
}

async function watchAndRead(redis: Redis, watched: string[]): Promise<(string | null)[]> {
  const replies = (await redis.pipeline().watch(watched).mget(watched).exec()) ?? [];
  for (const [error] of replies) if (error) throw error;
  return (replies[1]?.[1] ?? []) as (string | null)[];
}

async function done<T>(redis: Redis, result: T): Promise<T> {
  await redis.unwatch();
  return result;
}
