import type { Disposition, HeldEnvelope } from '#queue/lane.ts';
import type { SettlementStore } from '#queue/settlement.ts';
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

/**
 * An envelope that another worker held, and perhaps has sent. What is settled of it is not sent
 * again; the rest has to be, whether Meta has it or not. Null when all of it is still open.
 */
export async function recover(
  rooms: RecoveryRooms,
  envelope: HeldEnvelope,
): Promise<Disposition | null> {
  const { pixelId, store, observer } = rooms;
  await new Promise((resolve) => setTimeout(resolve, LATE_SETTLEMENT_MS));
  const open = await store.openEvents(pixelId, envelope.id);
  if (open === 0) return { kind: 'done' };
  // Part of it is settled, and the queue has the rest of it: not what is held here.
  if (open !== envelope.data.n) return { kind: 'giveBack' };
  observer.recovered(open);
  return null;
}
