import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import type { OpenedLetter } from '../dead-letters.ts';
import type { Rejudge } from './rejudge.ts';
import { type ScreeningPolicy, screen } from './screening.ts';
import type { Judged } from './step.ts';
import type { Counting } from './tally.ts';

/**
 * What becomes of dead letters at this moment. Those that stay as they are are counted; `now` is
 * Unix ms.
 *
 * @param letters those that were to be judged
 * @param opened those of them that are still there
 */
export function judgeAll(
  letters: readonly DeadLetterFacts[],
  opened: readonly OpenedLetter[],
  by: { rejudge: Rejudge; policy: ScreeningPolicy; tally: Counting; now: number },
): Judged[] {
  const { rejudge, policy, tally, now } = by;
  tally.matched += letters.length;
  tally.skip('gone', letters.length - opened.length);
  const judged: Judged[] = [];
  for (const { facts, content } of opened) {
    const skip = screen(facts, now, policy);
    if (skip !== null) tally.skip(skip);
    else if (!Buffer.isBuffer(content)) tally.skip('unreadable');
    else {
      const fates = rejudge(facts, content, now);
      if (typeof fates === 'string') tally.skip(fates);
      else judged.push({ facts, content, fates });
    }
  }
  for (const { fates } of judged) tally.judged(fates);
  return judged;
}

/** How many events are put into the queue: one that several pixels get is several. */
export function queuedOf(judged: readonly Judged[]): number {
  return judged.reduce(
    (sum, { fates }) => sum + fates.filter(({ kind }) => kind === 'queued').length,
    0,
  );
}
