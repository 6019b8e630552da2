import type { DeadLetterFilter } from '#core/dead-letter-filter.ts';
import { number } from '#dead-letters/figures.ts';
import { makePlan, type Plan } from '#dead-letters/replay/plan.ts';
import { replay } from '#dead-letters/replay/replay.ts';
import { sum, type Tally } from '#dead-letters/replay/tally.ts';
import { select } from '#dead-letters/select.ts';
import type { Redis } from '#queue/connection.ts';
import type { Configuration } from '#runtime/configuration/configuration.ts';
import { ask } from '../dead-letters/confirm.ts';
import { print, printJson } from '../dead-letters/print.ts';
import { ENDINGS, Ending } from '../endings.ts';
import { showProgress } from '../progress.ts';
import type { ReplayOptions } from './flags.ts';
import { renderPlan, renderResult } from './render.ts';

/** Plans, asks, replays and tells; resolves to the exit code. */
export async function run(
  redis: Redis,
  configuration: Configuration,
  filter: DeadLetterFilter,
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<number> {
  const pixelIds = new Set(configuration.pixels.map(({ pixelId }) => pixelId));
  const policy = { ...options, pixelIds };
  const letters = select(redis, configuration.redis.prefix, filter, { order: 'oldest' });
  const plan = await makePlan(letters, policy, { max: options.max, now: Date.now() });
  if (plan.tally.matched === 0) throw new Ending(ENDINGS.nothingMatched, 'no dead letter matches');
  await print(renderPlan(plan, options.rate), process.stderr);
  if (plan.ids.length > 0 && !options.dryRun && !options.yes) await confirm(plan);
  const progress = showProgress('dead letters', plan.ids.length);
  const controls = { ...options, policy, signal, onProgress: progress.report };
  const done = await replay(plan, redis, configuration, controls).finally(progress.end);
  const { dryRun, json } = options;
  const interrupted = done < plan.ids.length;
  if (json) await printJson({ dryRun, interrupted, ...plan.tally });
  else await print(renderResult(plan.tally, dryRun));
  if (!interrupted) return endingOf(plan, dryRun);
  const words = `stopped after ${number(done)} of ${number(plan.ids.length)}`;
  throw new Ending(ENDINGS.interrupted, `${words}; nothing was lost: start it again to go on`);
}

async function confirm({ ids }: Plan): Promise<void> {
  const answer = await ask(`Put ${number(ids.length)} dead letters back? [y/N] `);
  if (!/^y(es)?$/i.test(answer)) throw new Ending(ENDINGS.refused, 'nothing was replayed');
}

/** What was left for another time was asked to be left, and what is left out is as the settings say. */
function endingOf({ ids, tally }: Plan, dryRun: boolean): number {
  if (dryRun) return ENDINGS.done;
  if (ids.length === 0) return ENDINGS.refused;
  return stayed(tally) === 0 ? ENDINGS.done : ENDINGS.incomplete;
}

function stayed({ skipped, refused }: Tally): number {
  return sum(skipped) + sum(refused);
}
