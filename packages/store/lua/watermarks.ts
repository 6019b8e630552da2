import { HAPPENED } from './reply.ts';
import type { Script } from './scripts.ts';

/**
 * Replaces a watermark. Answers 1, or 0 when it is no longer the one that the caller expects.
 *
 * KEYS watermark · ARGV expected, next
 */
export const REPLACE_WATERMARK: Script<boolean> = {
  name: 'capiReplaceWatermark',
  lua: () => `
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[2])
return 1
`,
  reply: HAPPENED,
};
