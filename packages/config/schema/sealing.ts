import { z } from 'zod';
import { flag, text } from './values.ts';

const key = z.strictObject({
  id: text().max(64).describe('id of the key; it is stored with everything that the key seals'),
  key: text().optional().describe('32 bytes in base64 or hexadecimal'),
  keyFile: text().optional().describe('file that holds the key'),
});

const keyring = z.strictObject({
  currentKey: text().describe('id of the key that seals new data'),
  keys: z.array(key).min(1).describe('every key that may still be needed to open data'),
  acceptUnsealed: flag(false).describe(
    'also accept unsealed data, which anyone who can write to Redis could forge; use it only until everything written with sealing off is delivered',
  ),
  acceptVersion1: flag(true).describe(
    'also open data sealed in format version 1, which authenticates the pixel of an envelope but neither its id nor its event count, and leaves the facts of dead letters readable; turn it off once no such data is left',
  ),
});

export const sealingSchema = z
  .union([z.literal('off'), keyring])
  .describe('Keys that encrypt personal data in Redis; `off` is for development.');
