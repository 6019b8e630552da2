import type { Configuration } from '#config/configuration.ts';
import type { DeadLetterFilter } from '#core/dead-letter/filter.ts';
import { openLetters } from '#store/dead-letters/read.ts';
import { Counting, sum, type Tally } from '#store/dead-letters/replay/counts.ts';
import type { ScreeningPolicy } from '#store/dead-letters/replay/eligibility.ts';
import { createRejudge } from '#store/dead-letters/replay/remap.ts';
import { judgeAll } from '#store/dead-letters/replay/step.ts';
import { select } from '#store/dead-letters/select.ts';
import { sealerOf } from '#store/sealing.ts';
import type { Store } from '#store/store.ts';

/** Says what would become of dead letters, and writes nothing. */
export async function dryRun(
  store: Store,
  { sealing, pixels, ingest }: Configuration,
  filter: DeadLetterFilter,
  options: { policy: ScreeningPolicy; max: number | null; signal: AbortSignal },
): Promise<Tally> {
  const { policy, max, signal } = options;
  const sealer = sealerOf(sealing);
  const rejudge = createRejudge(pixels, ingest);
  const tally = new Counting();
  const now = Date.now();
  for await (const page of select(store, sealer, filter, {
    order: 'oldest',
    now,
  })) {
    if (signal.aborted) break;
    const attempted = tally.replayed + sum(tally.filtered) + sum(tally.refused);
    const part = page.slice(0, (max ?? Infinity) - attempted);
    tally.left += page.length - part.length;
    tally.matched += page.length - part.length;
    const opened = await openLetters(store, part, sealer);
    judgeAll(part, opened, { rejudge, policy, tally, now });
  }
  return tally;
}
