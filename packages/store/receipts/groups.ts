import type { NamedBy, Receipt, ReceiptFacts } from './receipt.ts';

/** Collects events into receipts: those of one key have the same facts. */
export class ReceiptGroups {
  private readonly namedBy: NamedBy;
  private groups = new Map<unknown, { facts: ReceiptFacts; names: Buffer[] }>();

  constructor(namedBy: NamedBy) {
    this.namedBy = namedBy;
  }

  add(key: unknown, facts: ReceiptFacts, name: Buffer): void {
    const known = this.groups.get(key);
    if (known !== undefined) known.names.push(name);
    else this.groups.set(key, { facts, names: [name] });
  }

  /** Everything that was collected; it is empty afterwards. */
  take(): Receipt[] {
    const receipts = [...this.groups.values()];
    if (receipts.length > 0) this.groups = new Map();
    return receipts.map((receipt) => ({ namedBy: this.namedBy, ...receipt }));
  }
}
