import type { RecordFacts, SendableRecord } from '#core/record/record.ts';
import type { NewDeadLetter } from '#store/dead-letters/script-arguments.ts';
import { ReceiptGroups } from '#store/receipts/groups.ts';
import { PositionNames } from '#store/receipts/names.ts';
import type { AcceptedRequest, Receipt } from '#store/receipts/receipt.ts';
import type { EnvelopeFacts } from './dead-letter.ts';

/** Remembers in which request each event was accepted, for the receipts of its settlement. */
export class LaneReceipts {
  private readonly requests = new WeakMap<RecordFacts, AcceptedRequest>();
  private readonly positions = new PositionNames();

  onAccepted(records: readonly SendableRecord[], request: AcceptedRequest): void {
    for (const record of records) this.requests.set(record, request);
  }

  /**
   * The receipts of a settlement.
   * @param records those that were accepted are settled now as delivered
   */
  of(
    envelope: string,
    { pixelId, sources }: EnvelopeFacts,
    records: Iterable<SendableRecord>,
    deadLetters: readonly NewDeadLetter[],
  ): Receipt[] {
    const groups = new ReceiptGroups('p');
    for (const record of records) {
      const request = this.requests.get(record);
      if (request === undefined) continue;
      const [topic = 'unknown', partition = -1] = sources[record.source] ?? [];
      const name = this.positions.nameOf({ topic, partition, offset: record.offset });
      groups.add(request, { pixelId, outcome: 'delivered', envelope, request }, name);
    }
    for (const { facts } of deadLetters) {
      const { reason, kafka } = facts;
      const name = this.positions.nameOf(kafka);
      groups.add(reason, { pixelId, outcome: 'dead', envelope, reason }, name);
    }
    return groups.take();
  }
}
