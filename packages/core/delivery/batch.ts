/** The limits of a batch. */
export interface BatchLimits {
  readonly maxEvents: number;
  /** Of the request body, in bytes. */
  readonly maxBytes: number;
}

/** Why a batch was released. */
export const BATCH_TRIGGERS = ['count', 'bytes', 'linger', 'alone', 'stop'] as const;
export type BatchTrigger = (typeof BATCH_TRIGGERS)[number];

/** Something that goes into a batch as a whole, with its size. */
interface Weighed {
  readonly events: number;
  readonly bytes: number;
}

/** Accepts or refuses items, and measures itself. It never splits an item. */
export class Batch<T extends Weighed> {
  readonly items: T[] = [];
  events = 0;
  bytes = 0;
  private readonly limits: BatchLimits;

  constructor(limits: BatchLimits) {
    this.limits = limits;
  }

  /**
   * Null when added; otherwise the limit that the item would exceed, and the batch is unchanged. An
   * empty batch accepts anything: no other batch would suit an item that is too large alone.
   */
  add(item: T): 'count' | 'bytes' | null {
    if (this.items.length > 0) {
      if (this.events + item.events > this.limits.maxEvents) return 'count';
      if (this.bytes + item.bytes > this.limits.maxBytes) return 'bytes';
    }
    this.items.push(item);
    this.events += item.events;
    this.bytes += item.bytes;
    return null;
  }

  /** The limit that it has reached, if any; then waiting for more is pointless. */
  get full(): 'count' | 'bytes' | null {
    if (this.events >= this.limits.maxEvents) return 'count';
    return this.bytes >= this.limits.maxBytes ? 'bytes' : null;
  }
}

/** Splits items in their order, each part within the limits, or one item that exceeds them alone. */
export function split<T>(
  items: readonly T[],
  { maxEvents, maxBytes }: BatchLimits,
  bytesOf: (item: T) => number,
): T[][] {
  const parts: T[][] = [];
  let bytes = 0;
  for (const item of items) {
    const size = bytesOf(item);
    const part = parts.at(-1);
    const fits = part !== undefined && part.length < maxEvents && bytes + size <= maxBytes;
    if (fits) part.push(item);
    else parts.push([item]);
    bytes = fits ? bytes + size : size;
  }
  return parts;
}
