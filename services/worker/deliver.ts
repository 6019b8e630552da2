import { takeApart } from '#core/delivery/isolate.ts';
import type { Outcome, Refusal } from '#core/outcome/answer.ts';
import type { OpenedRecord } from '#core/record.ts';

/** An outcome after which events are still to be sent. */
export type Later = Outcome & { readonly kind: 'retry' | 'throttled' | 'blocked' };

/** What became of one event. */
export type Fate =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'rejected'; readonly tooLarge: boolean; readonly refusal: Refusal }
  | { readonly kind: 'later'; readonly outcome: Later };

const DELIVERED: Fate = { kind: 'delivered' };

/**
 * Sends the events of one batch until each has its fate. A rejected request is taken apart until
 * every offender stands alone; the first answer that says "later" ends the sending, because the
 * next request would hear the same.
 *
 * @returns the fates in the order of the events
 */
export async function deliver(
  records: readonly OpenedRecord[],
  send: (records: readonly OpenedRecord[]) => Promise<Outcome>,
): Promise<Fate[]> {
  const fates = new Map<OpenedRecord, Fate>();
  const stack: (readonly OpenedRecord[])[] = [records];
  for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
    const outcome = await send(part);
    switch (outcome.kind) {
      case 'delivered':
        for (const record of part) fates.set(record, DELIVERED);
        break;
      case 'rejected': {
        const { refusal, tooLarge } = outcome;
        const parts = takeApart(part, tooLarge ? null : refusal.index);
        if (parts.length === 0) {
          for (const record of part) fates.set(record, { kind: 'rejected', tooLarge, refusal });
        }
        stack.push(...parts.reverse());
        break;
      }
      default: {
        for (const record of [part, ...stack].flat()) fates.set(record, { kind: 'later', outcome });
        stack.length = 0;
      }
    }
  }
  return records.map((record) => fates.get(record) ?? DELIVERED);
}
