import { describe, expect, test } from '@jest/globals';
import type { HeldEnvelope } from '#queue/lane.ts';
import type { SettlementStore } from '#queue/settlement.ts';
import type { LaneObserver } from '../../services/worker/observer.ts';
import { recover } from '../../services/worker/recovery.ts';

const envelope = { id: 'e', data: { n: 50, d: '' }, failures: 0, stalls: 1 } as HeldEnvelope;

describe('an envelope whose worker vanished', () => {
  test.each([
    ['is settled: nothing is sent again', 0, { kind: 'done' }, 0],
    ['is settled in part: the queue has the rest', 20, { kind: 'giveBack' }, 0],
    ['is open: it is sent again, and counted', 50, null, 50],
  ])('%s', async (_name, open, disposition, counted) => {
    let recovered = 0;
    const store = { openEvents: async () => open } as unknown as SettlementStore;
    const observer = {
      recovered(n: number) {
        recovered = n;
      },
    } as unknown as LaneObserver;
    expect(await recover({ pixelId: '1', store, observer }, envelope)).toEqual(disposition);
    expect(recovered).toBe(counted);
  });
});
