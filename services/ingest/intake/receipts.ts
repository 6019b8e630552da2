import type { KafkaCoordinates } from '#core/dead-letter/dead-letter.ts';
import { textOf } from '#core/mapping/scalars.ts';
import { ReceiptGroups } from '#store/receipts/groups.ts';
import { type MessageNames, NAME_BYTES, PositionNames } from '#store/receipts/names.ts';
import type { Receipt, ReceiptFacts } from '#store/receipts/receipt.ts';

/** Collects the receipts of an intake: what became of each message that has an id. */
export class IntakeReceipts {
  private readonly names: Pick<MessageNames, 'nameOf'>;
  private readonly positions = new PositionNames();
  private readonly groups = new ReceiptGroups('m');

  constructor(names: Pick<MessageNames, 'nameOf'>) {
    this.names = names;
  }

  /** The name of a message for {@link IntakeReceipts.add}; null when it has no id. */
  nameOf(messageId: unknown, kafka: KafkaCoordinates): Buffer | null {
    const id = textOf(messageId);
    if (id === null) return null;
    const name = Buffer.allocUnsafe(2 * NAME_BYTES);
    this.names.nameOf(id).copy(name);
    this.positions.write(kafka, name, NAME_BYTES);
    return name;
  }

  add(facts: ReceiptFacts, name: Buffer): void {
    const { pixelId, outcome, reason, envelope } = facts;
    this.groups.add(`${pixelId} ${outcome} ${reason ?? envelope}`, facts, name);
  }

  /** Everything that was collected; it is empty afterwards. */
  take(): Receipt[] {
    return this.groups.take();
  }
}
