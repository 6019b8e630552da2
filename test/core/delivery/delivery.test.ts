import { describe, expect, test } from '@jest/globals';
import { type RetryPolicy, retryDelay } from '#core/delivery/backoff.ts';
import { Batch } from '#core/delivery/batch.ts';
import { bisect } from '#core/delivery/bisection.ts';

describe('backoff', () => {
  const policy: RetryPolicy = { attempts: 5, baseMs: 1000, capMs: 3000 };

  test.each([
    [1, 0, 500],
    [1, 0.999999, 1000],
    [2, 0, 1000],
    [3, 0, 1500],
    [4, 0.5, 2250],
    [5, 0.5, null],
    [6, 0.5, null],
  ])('after failure %i with chance %d', (failures, random, rest) => {
    expect(retryDelay(policy, failures, random)).toBe(rest);
  });
});

describe('batch', () => {
  const limits = { maxEvents: 10, maxBytes: 100 };

  test('takes what fits and says which limit refused the rest', () => {
    const batch = new Batch(limits);
    expect(batch.add({ events: 6, bytes: 60 })).toBeNull();
    expect(batch.add({ events: 5, bytes: 10 })).toBe('count');
    expect(batch.add({ events: 1, bytes: 41 })).toBe('bytes');
    expect(batch.full).toBeNull();
    expect(batch.add({ events: 4, bytes: 10 })).toBeNull();
    expect(batch).toMatchObject({ events: 10, bytes: 70, full: 'count' });
  });

  test('takes what is too large even alone', () => {
    const batch = new Batch(limits);
    expect(batch.add({ events: 1, bytes: 1000 })).toBeNull();
    expect(batch.full).toBe('bytes');
  });
});

describe('taking a rejected request apart', () => {
  const events = Array.from({ length: 1000 }, (_, index) => index);

  function requestsFor(offenders: ReadonlySet<number>, named: boolean): number {
    const found: number[] = [];
    let requests = 0;
    const stack: number[][] = [events];
    for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
      requests += 1;
      const index = part.findIndex((event) => offenders.has(event));
      if (index < 0) continue;
      if (part.length === 1) found.push(...part);
      stack.push(...bisect(part, named ? index : null));
    }
    expect(new Set(found)).toEqual(offenders);
    return requests;
  }

  test.each([1, 2, 3, 10, 100])('%i offenders stand alone within the bound', (k) => {
    const offenders = new Set(Array.from({ length: k }, (_, i) => (i * 7919) % 1000));
    const bound = 2 * k * Math.log2(1000 / k) + 2 * k + 1;
    expect(requestsFor(offenders, false)).toBeLessThanOrEqual(bound);
    expect(requestsFor(offenders, true)).toBeLessThanOrEqual(2 * k + 1);
  });

  test('a single event cannot be taken apart', () => {
    expect(bisect([1], null)).toEqual([]);
    expect(bisect([1], 0)).toEqual([]);
  });

  test('an index outside the request is no help, so it is halved', () => {
    expect(bisect([1, 2, 3], 9)).toEqual([[1], [2, 3]]);
  });
});
