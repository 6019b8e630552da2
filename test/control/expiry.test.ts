import { expect, test } from '@jest/globals';
import { EXPIRIES } from '#control/metrics.ts';
import { BUCKET_MS, type Bucket, expiryCounts } from '#core/dead-letter/groups.ts';

const NOW = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

function expiriesOf(expire: readonly Bucket[], now: number): Record<string, number> {
  const { within, expired } = expiryCounts([{ expire }], now);
  return { ...within, expired };
}

test.each([
  ['long past', -48, { expired: 3 }],
  ['in an hour', 1, { '24h': 3, '72h': 3, '168h': 3 }],
  ['in two days', 48, { '72h': 3, '168h': 3 }],
  ['in six days', 144, { '168h': 3 }],
  ['in a month', 720, {}],
])('what expires %s counts where it belongs', (_, hours, expected) => {
  const none = Object.fromEntries(EXPIRIES.map((name) => [name, 0]));
  const buckets = [{ at: NOW + hours * HOUR_MS, events: 3 }];
  expect(expiriesOf(buckets, NOW)).toEqual({ ...none, ...expected });
});

test('a bucket is past when all of it is', () => {
  expect(expiriesOf([{ at: NOW - BUCKET_MS + 1, events: 1 }], NOW)).toMatchObject({ expired: 0 });
  expect(expiriesOf([{ at: NOW - BUCKET_MS, events: 1 }], NOW)).toMatchObject({ expired: 1 });
});
