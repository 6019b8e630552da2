import { BUCKET_MS, type Bucket } from '#core/dead-letter/groups.ts';

/** When dead letters can no longer be sent: within so many hours, or no longer. */
export const EXPIRIES = ['24h', '72h', '168h', 'expired'] as const;
type Expiry = (typeof EXPIRIES)[number];

const HOUR_MS = 3_600_000;

/** Hours ahead that are looked at. */
const AHEAD = { '24h': 24, '72h': 72, '168h': 168 } as const;

/**
 * How many dead letters can no longer be sent, or soon no more: each stretch includes the shorter
 * ones, none those that are past. True to the ten minutes of a bucket.
 *
 * @param now Unix ms
 */
export function expiriesOf(buckets: readonly Bucket[], now: number): Record<Expiry, number> {
  const counts = { '24h': 0, '72h': 0, '168h': 0, expired: 0 };
  for (const { at, events } of buckets) {
    if (at + BUCKET_MS <= now) {
      counts.expired += events;
      continue;
    }
    for (const [name, hours] of Object.entries(AHEAD)) {
      if (at < now + hours * HOUR_MS) counts[name as Expiry] += events;
    }
  }
  return counts;
}
