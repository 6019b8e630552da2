import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { ReceiptGroups } from '../../receipts/groups.ts';
import { PositionNames } from '../../receipts/names.ts';
import type { Receipt } from '../../receipts/receipt.ts';
import type { ReplayEventResult } from './remap.ts';

const POSITIONS = new PositionNames();

/** Collects what a step of a replay tells of its events. */
export class ReplayReceipts {
  private readonly groups = new ReceiptGroups('p');

  /** @param envelope the one that it is in; where it is not queued, the one that it would be in */
  add(result: ReplayEventResult, { kafka }: DeadLetterFacts, envelope: string): void {
    const { pixelId, kind: outcome } = result;
    const reason = result.kind === 'queued' ? {} : { reason: result.reason };
    const facts = { pixelId, outcome, ...reason, envelope };
    const key = `${pixelId} ${outcome} ${'reason' in result ? result.reason : envelope}`;
    this.groups.add(key, facts, POSITIONS.nameOf(kafka));
  }

  take(): Receipt[] {
    return this.groups.take();
  }
}
