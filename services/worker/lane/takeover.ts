import { setTimeout as sleep } from 'node:timers/promises';
import type { HeldEnvelope } from '#store/delivery/lane.ts';
import type { SettlementStore } from '#store/delivery/settlement.ts';
import type { LaneObserver } from './observer.ts';

export interface RecoveryRooms {
  readonly pixelId: string;
  readonly store: SettlementStore;
  readonly observer: LaneObserver;
}

/**
 * How long a worker whose lock has run out may still need to write down what it has sent, in ms:
 * Redis was away perhaps, and is found again and asked again within this time.
 */
const LATE_SETTLEMENT_MS = 2000;

/** Whether a worker vanished while it held the envelope, and that has not been accounted for. */
export function isOrphan({ stalls, data }: Pick<HeldEnvelope, 'stalls' | 'data'>): boolean {
  return stalls > (data.r ?? 0);
}

/** Leaves a worker that was only slow the time to settle what it has sent; once for each stall. */
export async function awaitLateSettlement(envelope: HeldEnvelope): Promise<void> {
  if (isOrphan(envelope)) await sleep(LATE_SETTLEMENT_MS);
}

/**
 * Takes over an envelope that another worker held, and perhaps has sent. What is settled of it is
 * not sent again; the rest has to be, whether Meta has it or not, and is counted as unknown once for
 * each worker that vanished.
 *
 * @returns the envelope with what is open of it; null when there is nothing to do
 */
export async function recover(
  { pixelId, store, observer }: RecoveryRooms,
  envelope: HeldEnvelope,
): Promise<HeldEnvelope | null> {
  const data = await store.claim(pixelId, envelope);
  if (data === null) return null;
  if (isOrphan(envelope)) observer.recovered(data.n);
  return { ...envelope, data };
}
