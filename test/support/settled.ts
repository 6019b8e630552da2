import { expect } from '@jest/globals';
import { imbalance } from '#store/status/ledger.ts';
import { eventually } from './deadline.ts';
import type { Fleet } from './fleet.ts';

const PATIENCE = { everyMs: 200 };

/** Waits until this number of events was consumed, none is under way or parked, and every ledger balances. */
export async function settled(fleet: Fleet, messages: number): Promise<void> {
  await eventually(async () => {
    const ledgers = [...(await fleet.ledgers()).values()];
    expect(ledgers.reduce((sum, { consumed }) => sum + consumed, 0)).toBe(messages);
    expect(ledgers.reduce((sum, { queued, parked }) => sum + queued + parked, 0)).toBe(0);
    for (const ledger of ledgers) expect(imbalance(ledger)).toBe(0);
  }, PATIENCE);
}
