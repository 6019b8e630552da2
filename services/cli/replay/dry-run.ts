import type { DeadLetterFilter } from '#core/dead-letter-filter.ts';
import { judgeAll } from '#dead-letters/replay/judging.ts';
import { createRejudge } from '#dead-letters/replay/rejudge.ts';
import type { ScreeningPolicy } from '#dead-letters/replay/screening.ts';
import { Counting, sum, type Tally } from '#dead-letters/replay/tally.ts';
import { select } from '#dead-letters/select.ts';
import type { Redis } from '#queue/connection.ts';
import { openLetters } from '#queue/dead-letters.ts';
import { sealerOf } from '#queue/sealer-of.ts';
import type { Configuration } from '#runtime/configuration/configuration.ts';

/** Says what would become of dead letters, and writes nothing. */
export async function dryRun(
  redis: Redis,
  { redis: { prefix }, sealing, pixels, ingest }: Configuration,
  filter: DeadLetterFilter,
  options: { policy: ScreeningPolicy; max: number | null; signal: AbortSignal },
): Promise<Tally> {
  const { policy, max, signal } = options;
  const sealer = sealerOf(sealing);
  const rejudge = createRejudge(pixels, ingest);
  const tally = new Counting();
  const now = Date.now();
  for await (const page of select(redis, prefix, sealer, filter, { order: 'oldest', now })) {
    if (signal.aborted) break;
    const attempted = tally.replayed + sum(tally.filtered) + sum(tally.refused);
    const part = page.slice(0, (max ?? Infinity) - attempted);
    tally.left += page.length - part.length;
    tally.matched += page.length - part.length;
    const opened = await openLetters(redis, prefix, part, sealer);
    judgeAll(part, opened, { rejudge, policy, tally, now });
  }
  return tally;
}
