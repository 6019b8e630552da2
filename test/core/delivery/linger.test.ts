import { expect, test } from '@jest/globals';
import { afterArrival, lingerFor, NO_ARRIVALS } from '#core/delivery/linger.ts';

const LINGER_MS = 50;

/** How long a batch waits after arrivals with these gaps. */
function lingerAfter(gaps: readonly number[]): number {
  let now = 1000;
  let arrivals = afterArrival(NO_ARRIVALS, now, LINGER_MS);
  for (const gap of gaps) {
    now += gap;
    arrivals = afterArrival(arrivals, now, LINGER_MS);
  }
  return lingerFor(arrivals, LINGER_MS);
}

const times = (n: number, gap: number): number[] => Array<number>(n).fill(gap);

test.each<[string, number[], number]>([
  ['the first one', [], LINGER_MS],
  ['a pixel with an event every 10 ms', times(20, 10), LINGER_MS],
  ['one every 150 ms', times(20, 150), LINGER_MS],
  ['one a second', times(20, 1000), 0],
  ['one an hour', times(3, 3_600_000), 0],
  ['one pause of an hour among many events', [...times(20, 5), 3_600_000], LINGER_MS],
  ['a burst after hours', [...times(5, 3_600_000), ...times(3, 1)], LINGER_MS],
  ['a clock that goes back', [...times(20, 10), -60_000], LINGER_MS],
])('%s: a batch waits as long as that is of use', (_, gaps, ms) => {
  expect(lingerAfter(gaps)).toBe(ms);
});

test('without a linger time nothing waits', () => {
  expect(lingerFor(afterArrival(NO_ARRIVALS, 1, 0), 0)).toBe(0);
});
