import { describe, expect, test } from '@jest/globals';
import { FairShare } from '#core/delivery/fair-share.ts';

/** Lanes that always ask for more, as deep backlogs do. */
function saturated(share: FairShare, lanes: readonly string[], each = 1) {
  const held = new Map<string, number>();
  const ask = (lane: string): void =>
    share.ask(lane, each, () => {
      held.set(lane, (held.get(lane) ?? 0) + each);
      ask(lane);
    });
  for (const lane of lanes) ask(lane);
  return held;
}

describe('a fair share', () => {
  test('grants at once while there is something left', () => {
    const share = new FairShare(3);
    const granted: string[] = [];
    for (const lane of ['a', 'a', 'a', 'a']) share.ask(lane, 1, () => granted.push(lane));
    expect(granted).toEqual(['a', 'a', 'a']);
    share.release('a', 1);
    expect(granted).toHaveLength(4);
  });

  test('what is freed goes to who holds least', () => {
    const share = new FairShare(4);
    const held = saturated(share, ['deep']);
    const granted: string[] = [];
    share.ask('shallow', 1, () => granted.push('shallow'));
    expect(held.get('deep')).toBe(4);
    share.release('deep', 1);
    expect(granted).toEqual(['shallow']);
    expect(held.get('deep')).toBe(4);
  });

  test.each([
    [
      { a: 1, b: 1 },
      { a: 6, b: 6 },
    ],
    [
      { a: 3, b: 1 },
      { a: 9, b: 3 },
    ],
    [
      { a: 2, b: 1, c: 1 },
      { a: 6, b: 3, c: 3 },
    ],
    [
      { a: 0.5, b: 1 },
      { a: 4, b: 8 },
    ],
  ])('by weights %j the parts become %j', (weights, parts) => {
    const share = new FairShare(12);
    const held = saturated(share, Object.keys(weights));
    for (const [lane, weight] of Object.entries(weights)) share.setWeight(lane, weight);
    // Each round everybody's oldest unit comes back.
    for (let round = 0; round < 100; round += 1) {
      for (const lane of Object.keys(weights)) {
        if ((held.get(lane) ?? 0) === 0) continue;
        held.set(lane, (held.get(lane) ?? 0) - 1);
        share.release(lane, 1);
      }
    }
    expect(Object.fromEntries(held)).toEqual(parts);
  });

  test('what is larger than all of it goes alone, and is not passed for ever', () => {
    const share = new FairShare(10);
    const order: string[] = [];
    share.ask('a', 8, () => order.push('a8'));
    share.ask('b', 25, () => order.push('b25'));
    share.ask('c', 1, () => order.push('c1'));
    share.release('a', 8);
    expect(order).toEqual(['a8', 'b25']);
    share.release('b', 25);
    expect(order).toEqual(['a8', 'b25', 'c1']);
  });

  test('twenty lanes, one of which hangs for ever: the others go on', () => {
    const share = new FairShare(40);
    const served = new Map<string, number>();
    const under: { lane: string; endsAt: number }[] = [];
    let now = 0;
    const ask = (lane: string): void =>
      share.ask(lane, 1, () => {
        under.push({ lane, endsAt: lane === 'hanging' ? Number.POSITIVE_INFINITY : now + 10 });
      });
    const others = Array.from({ length: 19 }, (_, at) => `lane-${at}`);
    // The hanging lane may have no more under way than its own limit.
    for (let at = 0; at < 8; at += 1) ask('hanging');
    for (const lane of others) for (let at = 0; at < 8; at += 1) ask(lane);
    for (let step = 0; step < 5000; step += 1) {
      under.sort((a, b) => a.endsAt - b.endsAt);
      const first = under.shift();
      if (first === undefined) break;
      now = first.endsAt;
      served.set(first.lane, (served.get(first.lane) ?? 0) + 1);
      ask(first.lane);
      share.release(first.lane, 1);
    }
    const counts = others.map((lane) => served.get(lane) ?? 0);
    expect(served.has('hanging')).toBe(false);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(16);
    expect(Math.min(...counts)).toBeGreaterThan(250);
  });
});
