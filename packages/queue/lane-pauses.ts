import type { Redis } from 'ioredis';
import { queueName } from './keys.ts';

/** How long the lanes of these pixels stand still in every worker yet, in ms; 0 for those that flow. */
export async function readLanePauses(
  redis: Redis,
  prefix: string,
  pixelIds: readonly string[],
): Promise<Map<string, number>> {
  const pauses = await Promise.all(
    pixelIds.map((pixelId) => redis.pttl(`${prefix}:${queueName(pixelId)}:limiter`)),
  );
  return new Map(pixelIds.map((pixelId, index) => [pixelId, Math.max(pauses[index] ?? 0, 0)]));
}
