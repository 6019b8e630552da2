import { z } from 'zod';
import { count, flag, section } from './values.ts';

/** Meta accepts no event that is older: source: Meta, Conversions API, `physical_store`. */
const MOST_HOURS = 62 * 24;

/** One part of this is dropped at once, so that less would keep hardly anything. */
const LEAST_BYTES = 1_048_576;

export const receiptsSchema = section('What became of each event, for `capi-relay trace`.', {
  enabled: flag(false).describe(
    'keep a receipt of each event: when it was queued, filtered, delivered or became a dead letter',
  ),
  keepHours: count(24, MOST_HOURS).describe('how long receipts are kept'),
  maxBytes: z
    .int()
    .min(LEAST_BYTES)
    .default(268_435_456)
    .describe(
      'memory of Redis that they take at most; the oldest are dropped first. An event takes about 30 bytes for each pixel',
    ),
});
