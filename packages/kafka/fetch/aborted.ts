import { isAbortMarker, type RecordBatch } from './record-batch.ts';

/** A transaction that was given up, as the broker lists it beside what was fetched. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/**
 * Tells which batches belong to transactions that were given up. The broker lists them in no order
 * to rely on, and those of several producers may overlap.
 * Source: Kafka's own consumer, `CompletedFetch.nextFetchedRecord`.
 */
export class AbortedFilter {
  private readonly ahead: AbortedTransaction[];
  private readonly aborted = new Set<bigint>();

  constructor(transactions: readonly AbortedTransaction[]) {
    this.ahead = transactions.toSorted((a, b) => b.firstOffset - a.firstOffset);
  }

  /** Whether a batch holds no message for us; to be asked of each, in the order of their offsets. */
  hides(batch: RecordBatch): boolean {
    const { lastOffset, producerId, control, transactional } = batch.header;
    for (let next = this.ahead.at(-1); next !== undefined; next = this.ahead.at(-1)) {
      if (next.firstOffset > lastOffset) break;
      this.aborted.add(next.producerId);
      this.ahead.pop();
    }
    if (control) {
      if (this.aborted.has(producerId) && isAbortMarker(batch)) this.aborted.delete(producerId);
      return true;
    }
    return transactional && this.aborted.has(producerId);
  }
}
