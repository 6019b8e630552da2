import { expect, test } from '@jest/globals';
import { renderSummary } from '#cli/produce/summary.ts';

const FIGURES = { messages: 2_000, bytes: 2_910_000, seconds: 1.26, messagesPerSecond: 1_587.3 };

test('a run of generated events', () => {
  const generated = {
    seed: 'abc',
    kinds: { good: 1_990, empty: 3, too_old: 7 },
    events: { 'Order Completed': 90, 'Product Viewed': 1_900 },
    sources: { 'shop-eu': { good: 1_200, all: 1_205 }, 'shop-us': { good: 790, all: 792 } },
  };
  expect(renderSummary({ ...FIGURES, topic: 'track-events', generated })).toBe(
    [
      '2,000 messages sent to track-events in 1.3 s: 1,587 per second, 2.9 MB',
      '  good   1,990: Product Viewed 1,900 · Order Completed 90',
      '  bad    10: too_old 7 · empty 3',
      '  shops  shop-eu 1,205 · shop-us 792',
      '  seed   abc',
      '',
    ].join('\n'),
  );
});

test('a run without bad events, at a moment of its own', () => {
  const start = '2026-11-20T10:00:00.000Z';
  const generated = { seed: '7', start, kinds: { good: 2_000 }, events: {}, sources: {} };
  const text = renderSummary({ ...FIGURES, topic: 't', generated });
  expect(text).toContain('  bad    0\n');
  expect(text).toContain(`  seed   7 at ${start}\n`);
});

test('a file, printed only', () => {
  expect(renderSummary({ ...FIGURES, topic: null })).toBe(
    '2,000 messages printed in 1.3 s: 1,587 per second, 2.9 MB\n',
  );
});
