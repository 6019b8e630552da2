import type { Configuration } from '#config/configuration.ts';
import { ownerName } from '#store/dead-letters/lock.ts';
import { sum } from '#store/dead-letters/replay/counts.ts';
import { carryOn } from '#store/dead-letters/replay/runner.ts';
import { inFlight } from '#store/dead-letters/replay/safety-limits.ts';
import type { Replay } from '#store/dead-letters/replay/state.ts';
import { readReplay } from '#store/dead-letters/replay/store.ts';
import type { Store } from '#store/store.ts';
import { print, printJson } from '../dead-letters/print.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { showReplay } from './progress.ts';
import { renderReplay } from './render.ts';

export interface FollowOptions {
  readonly json: boolean;
  readonly by: string;
  readonly signal: AbortSignal;
}

/** Carries a replay on before the eyes of its user, and tells what came of it. */
export async function follow(
  store: Store,
  configuration: Configuration,
  id: string,
  { json, by, signal }: FollowOptions,
): Promise<number> {
  const begun = await readReplay(store, id);
  const progress = showReplay(begun?.spec.planned ?? 0);
  const replay = await carryOn(id, {
    store,
    configuration: () => configuration,
    owner: ownerName('replay'),
    by,
    signal,
    onStopping: 'pause',
    onProgress: progress.report,
  }).finally(progress.end);
  return tell(replay, json);
}

/** Looks on while others carry a replay on, until it halts. */
export async function watch(
  store: Store,
  id: string,
  { json, signal }: Pick<FollowOptions, 'json' | 'signal'>,
): Promise<number> {
  let replay = await readReplay(store, id);
  const progress = showReplay(replay?.spec.planned ?? 0);
  while (replay?.state === 'running' && !signal.aborted) {
    progress.report(replay);
    await new Promise((resolve) => setTimeout(resolve, 250));
    replay = await readReplay(store, id);
  }
  progress.end();
  if (replay === null) throw new ExitError(EXIT_CODES.nothingMatched, `there is no replay ${id}`);
  if (replay.state === 'running') return EXIT_CODES.interrupted;
  return tell(replay, json);
}

async function tell(replay: Replay, json: boolean): Promise<number> {
  const { spec, state, why, tally, delivered, died } = replay;
  const facts = { dryRun: false, id: spec.id, state, why, ...tally, delivered, died };
  if (json) await printJson({ ...facts, inFlight: inFlight(replay) });
  else await print(renderReplay(replay));
  const resume = `go on with: capi-relay replay resume ${spec.id}`;
  if (state === 'stopped')
    throw new ExitError(EXIT_CODES.refused, `${why}\n  Nothing was lost; ${resume}`);
  if (state === 'paused' && why === 'interrupted') {
    throw new ExitError(EXIT_CODES.interrupted, `interrupted; nothing was lost: ${resume}`);
  }
  if (state === 'paused')
    throw new ExitError(EXIT_CODES.incomplete, `paused by somebody: ${resume}`);
  if (state === 'cancelled')
    throw new ExitError(EXIT_CODES.incomplete, 'cancelled; the rest stays dead');
  const stayed = sum(tally.skipped) + sum(tally.refused) + died;
  return stayed === 0 ? EXIT_CODES.done : EXIT_CODES.incomplete;
}
