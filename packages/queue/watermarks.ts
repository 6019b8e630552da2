import type { Redis } from 'ioredis';

/** What stands under the keys of watermarks: the next offset of each partition, null where none was taken. */
export async function readWatermarks(
  redis: Redis,
  keys: readonly string[],
): Promise<(number | null)[]> {
  return keys.length === 0 ? [] : (await redis.mget([...keys])).map(toOffset);
}

export function toOffset(value: string | null): number | null {
  return value === null ? null : Number(value);
}
