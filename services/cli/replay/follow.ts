import { setTimeout as sleep } from 'node:timers/promises';
import { formatCount, formatEta } from '#core/text/format.ts';
import { processedCount } from '#store/dead-letters/replay/counts.ts';
import { heldOf } from '#store/dead-letters/replay/held.ts';
import { runReplay } from '#store/dead-letters/replay/runner.ts';
import { inFlight } from '#store/dead-letters/replay/safety-limits.ts';
import type { Replay } from '#store/dead-letters/replay/state.ts';
import { readReplay } from '#store/dead-letters/replay/store.ts';
import { ownerName, readDutiesOwner } from '#store/locks.ts';
import type { Store } from '#store/store.ts';
import type { ActionContext } from '../action.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { print, printJson, printResult } from '../output/print.ts';
import { type ProgressOptions, showProgress } from '../output/progress.ts';
import { renderReplay, undelivered } from './render.ts';

/** Runs a replay in this process, shows its progress, and reports its result. */
export async function follow(
  context: ActionContext,
  id: string,
  signal: AbortSignal,
): Promise<number> {
  const { store, configuration, account } = context;
  const progress = showReplay(await readReplay(store, id));
  const replay = await runReplay(id, {
    store,
    configuration: () => configuration,
    owner: ownerName('replay'),
    by: account.by,
    signal,
    onStopping: 'pause',
    onProgress: progress.report,
  }).finally(progress.end);
  return report(replay, context);
}

const POLL_MS = 250;

/** Shows the progress of a replay that runs elsewhere, until it halts. */
export async function watchReplay(
  context: ActionContext,
  id: string,
  signal: AbortSignal,
): Promise<number> {
  const { store } = context;
  let replay = await readReplay(store, id);
  const progress = showReplay(replay);
  while (replay?.state === 'running' && !signal.aborted) {
    progress.report(replay);
    await sleep(POLL_MS);
    replay = await readReplay(store, id);
  }
  progress.end();
  if (replay === null) throw new ExitError(EXIT_CODES.nothingMatched, `there is no replay ${id}`);
  if (replay.state === 'running') return EXIT_CODES.interrupted;
  return report(replay, context);
}

const PLAIN_MS = 10_000;

/** Shows how far a replay has come. */
export function showReplay(
  start: Pick<Replay, 'spec' | 'counts'> | null,
  options: ProgressOptions = {},
) {
  const planned = start?.spec.planned ?? 0;
  const before = start === null ? 0 : processedCount(start.counts);
  const { report, end } = showProgress(planned, { done: before, plainMs: PLAIN_MS, ...options });
  return {
    report(replay: Replay): void {
      const done = Math.min(processedCount(replay.counts), planned);
      report(done, (rate) => describe(replay, { planned, done, rate }));
    },
    end,
  };
}

/** The most important first, because a narrow terminal cuts off the end. */
function describe(
  replay: Replay,
  { planned, done, rate }: { planned: number; done: number; rate: number },
): string {
  const { delivered, died, queued, spec } = replay;
  const halted = heldOf(replay).length;
  const parts = [`${formatCount(done)}/${formatCount(planned)}`];
  if (died > 0) parts.push(`died again ${formatCount(died)}`);
  if (spec.canary > 0 && queued <= spec.canary && done < planned) parts.push('canary');
  if (halted > 0) parts.push(`halted pixels ${formatCount(halted)}`);
  parts.push(`delivered ${formatCount(delivered)}`);
  if (rate > 0) parts.push(`${formatCount(rate)}/s`);
  if (rate > 0 && done < planned) parts.push(`${formatEta((planned - done) / rate)} left`);
  return parts.join('  ');
}

/** Prints the result; resolves to the exit code. */
async function report(
  replay: Replay,
  { names, flags }: Pick<ActionContext, 'names' | 'flags'>,
): Promise<number> {
  const { spec, state, why, awaitsPixels, counts, delivered, died } = replay;
  const { id } = spec;
  const facts = { dryRun: false, id, state, why, awaitsPixels, ...counts, delivered, died };
  const rest = { held: heldOf(replay), inFlight: inFlight(replay) };
  await printResult(flags, { ...facts, ...rest }, renderReplay(replay, names));
  const resume = `continue with: capi-relay replay resume ${id}`;
  if (state === 'stopped') {
    const { detached } = replay;
    const byItself = 'control continues it when one of them is active';
    const next = awaitsPixels ? (detached ? byItself : `${resume} --detach (${byItself})`) : resume;
    throw new ExitError(EXIT_CODES.refused, `${why}\n  Nothing was lost; ${next}`);
  }
  if (state === 'paused' && why === 'interrupted') {
    throw new ExitError(EXIT_CODES.interrupted, `interrupted; nothing was lost: ${resume}`);
  }
  if (state === 'paused') {
    throw new ExitError(EXIT_CODES.incomplete, `paused by another user: ${resume}`);
  }
  if (state === 'cancelled') {
    throw new ExitError(EXIT_CODES.incomplete, 'cancelled; the rest are still dead letters');
  }
  return undelivered(replay) === 0 ? EXIT_CODES.done : EXIT_CODES.incomplete;
}

const START_CONTROL = 'capi-relay control --config FILE';

/**
 * Says who runs a detached replay; as a warning alone where the result is printed as JSON.
 * @param result what that JSON says of it
 */
export async function reportDetached(
  { store, flags: { json } }: ActionContext,
  result: { readonly id: string; readonly dryRun?: false },
): Promise<number> {
  const { id } = result;
  if (json) await printJson({ ...result, state: 'running' });
  if ((await readDutiesOwner(store)) === null) {
    const words = `Replay ${id} is queued; no control process is running.\n  Start one: ${START_CONTROL}\n`;
    await print(words, json ? process.stderr : process.stdout);
  } else if (!json) {
    await print(`Replay ${id} is handed to control.\n`);
  }
  if (!json) await print(`  Follow it: capi-relay replay status ${id} --watch\n`);
  return EXIT_CODES.done;
}

/** Why nothing happens to a replay that is to run, and the command that changes it. */
export async function idleHint(store: Store, { spec, detached }: Replay): Promise<string> {
  if (!detached) return `  No process runs it: capi-relay replay resume ${spec.id}\n`;
  if ((await readDutiesOwner(store)) !== null) return '';
  return `  No control process is running: ${START_CONTROL}\n`;
}
