import type { Command } from '#process/command.ts';
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
import { addAccount } from '../dead-letters/selection.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { printResult } from '../output/print.ts';
import { createSubcommand, type Subcommand } from '../subcommand.ts';
import { follow, idleHint, reportDetached, watchReplay } from './follow.ts';
import { renderReplay, renderReplays } from './render.ts';

const LISTED = 20;

function subcommand(name: string, summary: string, example: string): Command {
  return createSubcommand(`replay ${name}`, summary, `capi-relay replay ${example}`);
}

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

const list: Subcommand = {
  command: subcommand('list', 'Lists replays, the newest first.', 'list --json').option(
    '--json',
    'print JSON',
  ),
  run: async ({ store, flags }) => {
    const replays = await listReplays(store, LISTED);
    return printResult(flags, replays.map(shown), renderReplays(replays, Date.now()));
  },
};

const status: Subcommand = {
  command: subcommand('status', 'Shows the progress of a replay.', 'status --watch')
    .argument('[id]', 'the replay (default: the newest one)')
    .option('--watch', 'follow it until it halts')
    .option('--json', 'print JSON'),
  run: async (context) => {
    const { store, flags, args } = context;
    const replay = await find(store, args[0]);
    if (flags['watch']) return watchReplay(context, replay.spec.id, abortOnStopSignal());
    const idle = replay.state === 'running' && (await isLockFree(store));
    const text = renderReplay(replay) + (idle ? await idleHint(store, replay) : '');
    return printResult(flags, { ...shown(replay), idle }, text);
  },
};

function halting(
  name: 'pause' | 'cancel',
  state: 'paused' | 'cancelled',
  summary: string,
): Subcommand {
  return {
    command: addAccount(subcommand(name, summary, `${name} <id>`))
      .argument('<id>')
      .option('--json', 'print JSON'),
    run: async ({ store, account: { by, reason: why }, flags, args: [id = ''] }) => {
      const replay = await change(store, id, { state, why, by });
      return printResult(flags, shown(replay), renderReplay(replay));
    },
  };
}

const RESUME = 'Continues a replay that was paused, stopped or killed.';

const resume: Subcommand = {
  command: addAccount(subcommand('resume', RESUME, 'resume <id>'))
    .argument('<id>')
    .option('--detach', 'let control run it, and return at once')
    .option('--json', 'print JSON'),
  run: async (context) => {
    const { store, account, flags, args } = context;
    const [id = ''] = args;
    const detached = flags['detach'] === true;
    const signal = abortOnStopSignal();
    await change(store, id, { state: 'running', why: null, by: account.by, detached });
    return detached ? reportDetached(context, { id }) : follow(context, id, signal);
  },
};

/** The actions on replays that exist already. */
export const CONTROLS: readonly Subcommand[] = [
  list,
  status,
  halting('pause', 'paused', 'Pauses a replay; resume continues it.'),
  resume,
  halting('cancel', 'cancelled', 'Cancels a replay; what was not put back stays a dead letter.'),
];
