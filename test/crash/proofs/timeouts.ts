import { setTimeout as sleep } from 'node:timers/promises';
import { formatCount } from '#core/text/format.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { trial } from '#test/crash/trial.ts';
import { PIXELS } from '#test/support/fleet.ts';

/**
 * Meta takes the events of some requests and never answers. Those are sent again, which no sender can
 * avoid; the metric must say exactly how many they were.
 */
export async function timeouts(
  { arena, seed, say }: Bench,
  options: { readonly requests: number; readonly eventsPerSecond: number },
): Promise<Evidence> {
  const { requests, eventsPerSecond } = options;
  const each = Math.ceil(requests / PIXELS.length);
  const result = await trial(
    arena,
    {
      seed,
      say,
      eventsPerSecond,
      graphTimeoutMs: 1000,
      sandboxArgs: [],
    },
    async ({ fleet }) => {
      for (const pixel of PIXELS) {
        const hang = { pixel, kind: 'hang', when: 'after_accepting', times: each };
        await fleet.tell('behaviour', { ...hang, probability: 0.3 });
      }
      await sleep(4000 + 100 * requests);
    },
  );
  const { duplicatedByWorkers, unanswered } = result.audit;
  const agree = duplicatedByWorkers === result.unknownAnswers && unanswered === duplicatedByWorkers;
  const counts = `${formatCount(duplicatedByWorkers)} duplicates, ${formatCount(result.unknownAnswers)} in capi_worker_unknown_answer_events_total, ${formatCount(unanswered)} that the sandbox accepted without answering`;
  return evidence(
    `${requests} requests accepted and never answered`,
    result,
    result.unknownAnswers,
    { notes: [counts], faults: agree ? [] : [`the counts differ: ${counts}`] },
  );
}
