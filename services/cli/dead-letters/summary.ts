import type { DeadLetterFacts } from '#core/dead-letter.ts';

/** Dead letters that died of the same cause. */
export interface Group {
  readonly pixelId: string | null;
  readonly reason: string;
  /** What was said of the first of them; Meta's words where Meta refused. */
  readonly message: string;
  events: number;
  /** Unix ms. */
  oldest: number;
  /** Unix seconds at which the first of them can no longer be sent; null when none says. */
  firstHorizon: number | null;
}

/** Groups by pixel, reason and words, the largest first. */
export async function summarise(letters: AsyncIterable<DeadLetterFacts>): Promise<Group[]> {
  const groups = new Map<string, Group>();
  for await (const facts of letters) {
    const message = wordsOf(facts);
    const key = `${facts.pixelId} ${facts.reason} ${message}`;
    const { pixelId, reason, diedAt, horizon } = facts;
    const group = groups.get(key) ?? {
      pixelId,
      reason,
      message,
      events: 0,
      oldest: diedAt,
      firstHorizon: horizon,
    };
    group.events += 1;
    group.oldest = Math.min(group.oldest, diedAt);
    if (horizon !== null) group.firstHorizon = Math.min(group.firstHorizon ?? horizon, horizon);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.events - a.events);
}

/** Numbers differ from one refusal to the next where the cause is one. */
function wordsOf({ refusal, message }: DeadLetterFacts): string {
  return (refusal?.message ?? message).replace(/\d+/g, 'n');
}
