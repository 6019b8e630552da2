import type { PixelStatus } from '#store/status/fleet.ts';

/** A pixel whose ledger balances and whose lane is active. */
export function pixelStatus(change: Partial<PixelStatus>): PixelStatus {
  return {
    pixelId: '101',
    configured: true,
    ledger: {
      consumed: 1200,
      filtered: 100,
      delivered: 1000,
      dead: 60,
      purged: 0,
      queued: 40,
      lost: 0,
      parked: 0,
    },
    filtered: { reasons: [['no_consent', 100]], unbroken: 3 },
    unreadable: { envelopes: 0, reasons: [] },
    parked: null,
    lane: { state: 'active', why: null, until: null },
    waiting: 2,
    active: 1,
    delayed: 0,
    oldestAt: null,
    ...change,
  };
}
