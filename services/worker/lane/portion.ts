import type { BatchLimits } from '#core/delivery/batch.ts';
import { type SendableRecord, sentBytes } from '#core/record/record.ts';
import type { Lease } from '#store/delivery/leases.ts';
import type { EventResult } from './delivery-rules.ts';

/**
 * Settles events of an envelope that were accepted while others are still to be sent; false when the
 * envelope has gone to another worker.
 */
export type Confirm = (accepted: readonly SendableRecord[]) => Promise<boolean>;

/** Events of one envelope that travel in one batch, and who waits for their fates. */
export interface Portion {
  readonly records: readonly SendableRecord[];
  readonly events: number;
  readonly bytes: number;
  readonly confirm: Confirm;
  /** The hold on their envelope. */
  readonly lease: Pick<Lease, 'fresh' | 'confirm'> | undefined;
  readonly settle: (fates: EventResult[]) => void;
  readonly fail: (error: unknown) => void;
}

/** An envelope that is larger than a batch, from before its limits were lowered, goes in parts. */
export function split(records: readonly SendableRecord[], limits: BatchLimits): SendableRecord[][] {
  const parts: SendableRecord[][] = [];
  let bytes = 0;
  for (const record of records) {
    const size = sentBytes(record) + 1;
    const part = parts.at(-1);
    const fits =
      part !== undefined && part.length < limits.maxEvents && bytes + size <= limits.maxBytes;
    if (fits) part.push(record);
    else parts.push([record]);
    bytes = fits ? bytes + size : size;
  }
  return parts;
}

/**
 * Settles what of some portions was accepted while their batch is taken apart. A portion that was
 * accepted as a whole has its fates at once, and waits for no other.
 *
 * @returns the events of portions that have gone to another worker
 */
export async function confirmPortions(
  portions: readonly Portion[],
  accepted: ReadonlySet<SendableRecord>,
  delivered: Set<SendableRecord>,
): Promise<SendableRecord[]> {
  const gone = await Promise.all(
    portions.map(async ({ records, confirm, settle }) => {
      const fresh = records.filter((record) => accepted.has(record));
      if (fresh.length === 0) return [];
      const ours = await confirm(fresh);
      for (const record of fresh) delivered.add(record);
      if (records.every((record) => delivered.has(record))) {
        settle(records.map(() => ({ kind: 'delivered' })));
      }
      return ours ? [] : records;
    }),
  );
  return gone.flat();
}

/** Nothing of them was sent. */
export function handBack(portions: readonly Portion[]): void {
  for (const { records, settle } of portions) {
    settle(records.map(() => ({ kind: 'held', behindMs: null })));
  }
}

/**
 * Those of portions that have waited whose envelopes are still held here. What went to another worker
 * meanwhile is handed back, because that one sends it. Redis is asked only about what waited long.
 */
export async function stillHeld(portions: readonly Portion[]): Promise<readonly Portion[]> {
  const ours = await Promise.all(
    portions.map(({ lease }) => (lease?.fresh() === false ? lease.confirm() : true)),
  );
  handBack(portions.filter((_, index) => ours[index] === false));
  return portions.filter((_, index) => ours[index] === true);
}
