import { describe, expect, test } from '@jest/globals';
import type { HeldEnvelope } from '#store/delivery/lane.ts';
import type { SettlementStore } from '#store/delivery/settlement.ts';
import type { EnvelopeData } from '#store/intake/envelope.ts';
import { HELD_LEASE } from '#test/support/held-lease.ts';
import type { LaneObserver } from '#worker/lane/observer.ts';
import { isOrphan, recover } from '#worker/lane/takeover.ts';

function envelope(stalls: number, r?: number): HeldEnvelope {
  const data = { n: 50, d: 'all', ...(r === undefined ? {} : { r }) };
  return { id: 'e', token: 't', data, failures: 0, stalls, lease: HELD_LEASE };
}

/** Claims it from a queue that has this of it; resolves to what is worked on, and what was counted. */
async function recovered(held: HeldEnvelope, open: EnvelopeData | null) {
  let counted = 0;
  const store = { claim: async () => open } as unknown as SettlementStore;
  const observer = {
    recovered(n: number) {
      counted += n;
    },
  } as unknown as LaneObserver;
  const ours = await recover({ pixelId: '1', store, observer }, held);
  return { data: ours === null ? null : ours.data, counted };
}

describe('an envelope whose worker vanished', () => {
  test.each([
    ['is settled, or another worker has it: nothing is sent again', null, 0],
    ['is settled in part: the rest is sent, and counted', { v: 'a', r: 1, n: 20, d: 'rest' }, 20],
    ['is open: it is sent again, and counted', { v: 'a', r: 1, n: 50, d: 'all' }, 50],
  ])('%s', async (_name, data, counted) => {
    expect(await recovered(envelope(1), data)).toEqual({ data, counted });
  });

  test('is counted once for each worker that vanished, however often it is tried after that', async () => {
    const data = { v: 'a', r: 1, n: 50, d: 'all' };
    expect(await recovered(envelope(1, 1), data)).toEqual({ data, counted: 0 });
    expect([envelope(0), envelope(1), envelope(1, 1), envelope(2, 1)].map(isOrphan)).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });
});
