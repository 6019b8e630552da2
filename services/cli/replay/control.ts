import { isFree } from '#store/dead-letters/lock.ts';
import { inFlight } from '#store/dead-letters/replay/safety-limits.ts';
import type { Replay } from '#store/dead-letters/replay/state.ts';
import {
  type Change,
  changeReplay,
  listReplays,
  readLockOwner,
  readReplay,
} from '#store/dead-letters/replay/store.ts';
import type { Store } from '#store/store.ts';
import { print, printJson } from '../dead-letters/print.ts';
import { accountOf, addAccount } from '../dead-letters/selection.ts';
import { createSubcommand } from '../dead-letters/subcommand.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import type { ReplayAction } from './action.ts';
import { follow, watch } from './follow.ts';
import { renderReplay, renderReplays } from './render.ts';

const LISTED = 20;

function subcommand(name: string, summary: string, example: string) {
  return createSubcommand(`replay ${name}`, summary, `capi-relay replay ${example}`).name(name);
}

/** The replay that is meant: the one of this id, or the newest. */
async function find(store: Store, id: string | undefined): Promise<Replay> {
  const [latest] = id === undefined ? await listReplays(store, 1) : [];
  const found = id === undefined ? latest : await readReplay(store, id);
  if (found) return found;
  const words = id === undefined ? 'there is no replay' : `there is no replay “${id}”`;
  throw new ExitError(EXIT_CODES.nothingMatched, `${words}: capi-relay replay list names them`);
}

async function change(store: Store, id: string, to: Change): Promise<void> {
  const before = await changeReplay(store, id, to);
  if (before === null) return;
  throw new ExitError(
    EXIT_CODES.refused,
    `replay ${id} is ${before.state}: it cannot be ${to.state} now`,
  );
}

function shown({ spec, ...rest }: Replay): object {
  const { cursor: _, ...facts } = rest;
  return { ...spec, ...facts, inFlight: inFlight(rest) };
}

const list: ReplayAction = {
  command: subcommand('list', 'The replays there are, the newest first.', 'list --json').option(
    '--json',
    'print JSON',
  ),
  async run({ store, flags }) {
    const replays = await listReplays(store, LISTED);
    if (flags['json']) await printJson(replays.map(shown));
    else await print(renderReplays(replays, Date.now()));
    return EXIT_CODES.done;
  },
};

const status: ReplayAction = {
  command: subcommand(
    'status',
    'How far a replay has come: the latest, or this one.',
    'status --watch',
  )
    .argument('[id]')
    .option('--watch', 'look on until it halts')
    .option('--json', 'print JSON'),
  async run({ store, flags, args: [id], signal }) {
    const replay = await find(store, id);
    const json = flags['json'] === true;
    if (flags['watch']) return watch(store, replay.spec.id, { json, signal });
    const idle = replay.state === 'running' && isFree(await readLockOwner(store));
    const left = `  Nobody carries it on: capi-relay replay resume ${replay.spec.id}\n`;
    const words = renderReplay(replay) + (idle && !replay.detached ? left : '');
    await (json ? printJson({ ...shown(replay), idle }) : print(words));
    return EXIT_CODES.done;
  },
};

function changing(
  name: 'pause' | 'cancel',
  state: 'paused' | 'cancelled',
  summary: string,
): ReplayAction {
  return {
    command: addAccount(subcommand(name, summary, `${name} <id>`))
      .argument('<id>')
      .option('--json', 'print JSON'),
    async run({ store, flags, args: [id = ''] }) {
      const { by, reason: why } = accountOf(flags);
      await find(store, id);
      await change(store, id, { state, why, by });
      const replay = await find(store, id);
      await (flags['json'] ? printJson(shown(replay)) : print(renderReplay(replay)));
      return EXIT_CODES.done;
    },
  };
}

const resume: ReplayAction = {
  command: addAccount(
    subcommand(
      'resume',
      'Goes on with a replay that was paused, stopped or killed.',
      'resume <id>',
    ),
  )
    .argument('<id>')
    .option('--detach', 'let the workers do it, and end at once')
    .option('--json', 'print JSON'),
  async run({ store, configuration, flags, args: [id = ''], signal }) {
    const { by } = accountOf(flags);
    const detached = flags['detach'] === true;
    await find(store, id);
    await change(store, id, { state: 'running', why: null, by, detached });
    const json = flags['json'] === true;
    if (!detached) return follow(store, configuration, id, { json, by, signal });
    await (json
      ? printJson({ id, state: 'running' })
      : print(`Replay ${id} is with the workers.\n`));
    return EXIT_CODES.done;
  },
};

export const CONTROLS: readonly ReplayAction[] = [
  list,
  status,
  changing('pause', 'paused', 'Halts a replay, for it to be resumed.'),
  resume,
  changing('cancel', 'cancelled', 'Ends a replay; what was not put back stays dead.'),
];
