import { Job, type Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { NewEnvelope } from '../intake/envelope.ts';
import { type Keys, NO_PIXEL } from '../keys.ts';
import type { LedgerChange } from '../status/ledger.ts';
import type { JobScript } from './changes.ts';
import type { ScriptArgument, ScriptInput } from './scripts.ts';

const JOB_OPTIONS = {
  // Attempts are judged by the worker, which buries what has had enough of them; BullMQ must never
  // end a job by itself.
  attempts: 1_000_000,
  backoff: { type: 'rest' },
  removeOnComplete: true,
  removeOnFail: false,
} as const;

/** BullMQ takes what has a priority when nothing without one waits. */
const REPLAY_PRIORITY = 1;

/** Where a job waits: replayed envelopes after all others. */
const PLACEMENTS = {
  live: { options: JOB_OPTIONS, waitsAt: 1, remove: 'LREM' },
  replay: {
    options: { ...JOB_OPTIONS, priority: REPLAY_PRIORITY },
    waitsAt: 4,
    remove: 'ZREM',
  },
} as const;

/** What ioredis knows of the scripts that a connection was taught. */
type Scripts = Readonly<Record<string, { readonly lua: string; readonly numberOfKeys: number }>>;

/** Parts joined into one. */
export function joinInput(parts: readonly ScriptInput[]): ScriptInput {
  return { keys: parts.flatMap(({ keys }) => keys), args: parts.flatMap(({ args }) => args) };
}

/** Arguments that a script reads as one block, so that there may be none. */
export function block(args: readonly ScriptArgument[]): ScriptArgument[] {
  return [args.length, ...args];
}

/** Changes of ledgers; a pixel is known from its first event on. */
export function ledgerInput(changes: ReadonlyMap<string, LedgerChange>, keys: Keys): ScriptInput {
  const parts = [...changes].map(([pixelId, change]) => {
    const fields = Object.entries(change).filter(([, n]) => n !== 0);
    const pixel = pixelId === NO_PIXEL ? '' : pixelId;
    return { keys: [keys.ledger(pixelId)], args: [pixel, fields.length, ...fields.flat()] };
  });
  return joinInput([{ keys: [], args: [changes.size] }, ...parts]);
}

/**
 * Envelopes as jobs, and the script of BullMQ that adds them; null where there is none.
 * @param queues those of the envelopes, open
 */
export function envelopeInput(
  redis: Redis,
  envelopes: readonly NewEnvelope[],
  keys: Keys,
  queues: ReadonlyMap<string, Queue>,
  placement: keyof typeof PLACEMENTS,
): ScriptInput & { readonly script: JobScript | null } {
  const { options, ...waits } = PLACEMENTS[placement];
  let script: JobScript | null = null;
  const parts = envelopes.map(({ pixelId, id, data }) => {
    const queue = queues.get(pixelId);
    if (queue === undefined) throw new Error(`no queue is open for pixel ${pixelId}`);
    const { name, args } = commandOf(new Job(queue, 'envelope', data, options, id));
    const known = (redis.scriptsSet as Scripts)[name];
    if (known === undefined) throw new Error(`the connection does not know the script ${name}`);
    const { lua, numberOfKeys } = known;
    script = { lua, keys: numberOfKeys, ...waits };
    return {
      keys: [keys.job(pixelId, id), keys.open(pixelId), ...args.slice(0, numberOfKeys).map(String)],
      args: [id, data.n, ...args.slice(numberOfKeys)],
    };
  });
  return { ...joinInput([{ keys: [], args: [envelopes.length] }, ...parts]), script };
}

/** What BullMQ would run to add a job. */
function commandOf(job: Job): { readonly name: string; readonly args: ScriptArgument[] } {
  let command: { name: string; args: ScriptArgument[] } | null = null;
  const recorder = {
    runCommand(name: string, args: ScriptArgument[]) {
      command = { name, args };
    },
  };
  void job.addJob(recorder as never);
  if (command === null) throw new Error('BullMQ adds a job in a way that is not known here');
  return command;
}
