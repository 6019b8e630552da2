import type { BatchLimits } from '#core/delivery/batch.ts';
import { type OpenedRecord, sentBytes } from '#core/record.ts';
import type { Fate } from './delivery-rules.ts';

/** Events of one envelope that travel in one batch, and who waits for their fates. */
export interface Portion {
  readonly records: readonly OpenedRecord[];
  readonly events: number;
  readonly bytes: number;
  readonly settle: (fates: Fate[]) => void;
  readonly fail: (error: unknown) => void;
}

/** An envelope that is larger than a batch, from before its limits were lowered, goes in parts. */
export function split(records: readonly OpenedRecord[], limits: BatchLimits): OpenedRecord[][] {
  const parts: OpenedRecord[][] = [];
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
