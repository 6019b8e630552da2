import type { Configuration } from '#config/configuration.ts';
import type { DeadLetterFilter } from '#core/dead-letter/filter.ts';
import { formatCount } from '#core/text/format.ts';
import { isFree, LockError } from '#store/dead-letters/lock.ts';
import { makePlan, type Plan, sum } from '#store/dead-letters/replay/counts.ts';
import { createReplay, readLockOwner } from '#store/dead-letters/replay/store.ts';
import { select } from '#store/dead-letters/select.ts';
import { sealerOf } from '#store/sealing.ts';
import type { Store } from '#store/store.ts';
import { ask } from '../dead-letters/confirm.ts';
import { print, printJson } from '../dead-letters/print.ts';
import { UnreadablePages } from '../dead-letters/unreadable.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { dryRun } from './dry-run.ts';
import type { ReplayOptions } from './flags.ts';
import { follow } from './follow.ts';
import { renderPlan, renderTally } from './render.ts';

export interface Asked {
  readonly where: string;
  readonly filter: DeadLetterFilter;
  readonly by: string;
  readonly reason: string | null;
}

const BUSY = 'another replay or purge is under way: wait for its end (capi-relay replay status)';

/** Plans, asks, replays and tells; resolves to the exit code. */
export async function run(
  store: Store,
  configuration: Configuration,
  { filter, ...asked }: Asked,
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<number> {
  const pixelIds = new Set(configuration.pixels.map(({ pixelId }) => pixelId));
  const policy = { ...options, pixelIds };
  const now = Date.now();
  const unreadable = new UnreadablePages();
  const selection = { order: 'oldest', now, onUnreadable: unreadable.note } as const;
  const letters = select(store, sealerOf(configuration.sealing), filter, selection);
  const plan = await makePlan(letters, policy, { max: options.max, now });
  await unreadable.tell();
  if (plan.tally.matched === 0)
    throw new ExitError(EXIT_CODES.nothingMatched, 'no dead letter matches');
  await print(renderPlan(plan, options), process.stderr);
  if (options.dryRun) {
    const tally = await dryRun(store, configuration, filter, { policy, max: options.max, signal });
    if (signal.aborted) throw new ExitError(EXIT_CODES.interrupted, 'nothing was done');
    await (options.json ? printJson({ dryRun: true, ...tally }) : print(renderTally(tally, true)));
    return EXIT_CODES.done;
  }
  if (plan.events === 0) throw new ExitError(EXIT_CODES.refused, 'none of them can be replayed');
  if (!options.yes) await confirm(plan);
  if (!isFree(await readLockOwner(store))) throw new LockError(BUSY);
  const { max, rate, canary, stopAbove, includeUnknown, forceLoop, detach } = options;
  const spec = { max, rate, canary, stopAbove, includeUnknown, forceLoop, ...asked };
  const begun = { ...spec, startedAt: now, planned: plan.events + sum(plan.tally.skipped) };
  const {
    spec: { id },
  } = await createReplay(store, begun, detach);
  if (!detach) return follow(store, configuration, id, { ...options, signal, by: asked.by });
  const words = `Replay ${id} is with the workers.\n  Follow it: capi-relay replay status ${id} --watch\n`;
  await (options.json ? printJson({ dryRun: false, id, state: 'running' }) : print(words));
  return EXIT_CODES.done;
}

async function confirm({ events }: Plan): Promise<void> {
  const answer = await ask(`Put ${formatCount(events)} dead letters back? [y/N] `);
  if (!/^y(es)?$/i.test(answer)) throw new ExitError(EXIT_CODES.refused, 'nothing was replayed');
}
