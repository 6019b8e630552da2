import { abortOnStopSignal } from '#process/lifecycle.ts';
import { heldOf } from '#store/dead-letters/replay/held.ts';
import { inFlight } from '#store/dead-letters/replay/safety-limits.ts';
import type { Replay } from '#store/dead-letters/replay/state.ts';
import {
  changeReplay,
  listReplays,
  type ReplayTransition,
  readReplay,
} from '#store/dead-letters/replay/store.ts';
import { isLockFree } from '#store/locks.ts';
import type { Store } from '#store/store.ts';
import type { ActionContext, SubcommandAction } from '../action.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { printResult } from '../output/print.ts';
import { follow, idleHint, reportDetached, watchReplay } from './follow.ts';
import { renderReplay, renderReplays } from './render.ts';

const LISTED = 20;

/** The replay with this id, or the newest one. */
async function find(store: Store, id: string | undefined): Promise<Replay> {
  const [latest] = id === undefined ? await listReplays(store, 1) : [];
  const found = id === undefined ? latest : await readReplay(store, id);
  if (found) return found;
  const problem = id === undefined ? 'there is no replay' : `there is no replay “${id}”`;
  throw new ExitError(EXIT_CODES.nothingMatched, `${problem}: see capi-relay replay list`);
}

async function change(store: Store, id: string, to: ReplayTransition): Promise<Replay> {
  await find(store, id);
  const before = await changeReplay(store, id, to);
  if (before === null) return find(store, id);
  const problem = `replay ${id} is ${before.state}: it cannot be ${to.state} now`;
  throw new ExitError(EXIT_CODES.refused, problem);
}

function shown({ spec, ...rest }: Replay): object {
  const { cursor: _, ...facts } = rest;
  return { ...spec, ...facts, held: heldOf(rest), inFlight: inFlight(rest) };
}

/** Prints the newest replays. */
export async function printReplays({ store, flags }: ActionContext): Promise<number> {
  const replays = await listReplays(store, LISTED);
  return printResult(flags, replays.map(shown), renderReplays(replays, Date.now()));
}

/** Prints the progress of a replay, or follows it. */
export async function printProgress(context: ActionContext): Promise<number> {
  const { names, store, flags, args } = context;
  const replay = await find(store, args[0]);
  if (flags['watch']) return watchReplay(context, replay.spec.id, abortOnStopSignal());
  const idle = replay.state === 'running' && (await isLockFree(store));
  const text = renderReplay(replay, names) + (idle ? await idleHint(store, replay) : '');
  return printResult(flags, { ...shown(replay), idle }, text);
}

/** The action that brings a replay into a state in which nothing more is put back. */
export function halting(state: 'paused' | 'cancelled'): SubcommandAction {
  return async ({ names, store, account: { by, reason: why }, flags, args: [id = ''] }) => {
    const replay = await change(store, id, { state, why, by });
    return printResult(flags, shown(replay), renderReplay(replay, names));
  };
}

/** Continues a replay. */
export async function resumeReplay(context: ActionContext): Promise<number> {
  const { store, account, flags, args } = context;
  const [id = ''] = args;
  const detached = flags['detach'] === true;
  const signal = abortOnStopSignal();
  await change(store, id, { state: 'running', why: null, by: account.by, detached });
  return detached ? reportDetached(context, { id }) : follow(context, id, signal);
}
