import { z } from 'zod';
import { text } from './values.ts';

const key = z.strictObject({
  id: text().max(64).describe('name of the key; it is written beside what the key sealed'),
  key: text().optional().describe('32 bytes, base64 or hexadecimal'),
  keyFile: text().optional().describe('a file that holds them'),
});

const keyring = z.strictObject({
  currentKey: text().describe('id of the key that seals'),
  keys: z.array(key).min(1).describe('every key that may still have something to open'),
  acceptUnsealed: z
    .boolean()
    .default(false)
    .describe(
      'also take what is not sealed, which anyone who can write to Redis could forge; only while what was written with sealing off is worked off',
    ),
  acceptVersion1: z
    .boolean()
    .default(true)
    .describe(
      'also open what was sealed in the first form (version 1), which binds the pixel of an envelope, but neither its id nor its count, and leaves the facts of dead letters readable; turn it off once none of it is left',
    ),
});

/** What keeps personal data unreadable outside a process. */
export const sealing = z
  .union([z.literal('off'), keyring])
  .describe('Keys that keep personal data unreadable in Redis; `off` is for developers.');
