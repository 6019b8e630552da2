import { Job, type Queue } from 'bullmq';
import type { ChainableCommander, Redis } from 'ioredis';
import { burialArguments, burialKeys } from './burial.ts';
import type { Intake, NewEnvelope } from './intake.ts';
import { type Keys, NO_PIXEL } from './keys.ts';
import type { LedgerChange } from './ledger.ts';
import { BURY_COMMAND, type ScriptArgument } from './scripts.ts';
import type { Sealer } from './sealing.ts';
import { afterStep, formatWatermark, type Watermark } from './watermarks.ts';

/** An ioredis transaction that also runs scripts in the way BullMQ asks for them. */
export type Transaction = ChainableCommander & {
  runCommand(name: string, args: ScriptArgument[]): unknown;
};

/** What ioredis knows of the scripts that a connection was taught. */
type Scripts = Readonly<Record<string, { readonly lua: string; readonly numberOfKeys: number }>>;

/** Commands of a transaction for each envelope; the first of them answers for BullMQ. */
const COMMANDS_AN_ENVELOPE = 2;

const JOB_OPTIONS = {
  // Attempts are judged by the worker, which buries what has had enough of them; BullMQ must never
  // end a job by itself.
  attempts: 1_000_000,
  backoff: { type: 'rest' },
  removeOnComplete: true,
  removeOnFail: false,
} as const;

/** BullMQ takes what has a priority when nothing without one waits. */
const BEHIND_THE_LIVING = 1;

/**
 * Begins a transaction that BullMQ can put jobs into.
 *
 * Scripts go into it as text, never by their digest: Redis finds out only while it executes that it
 * does not know a digest, and then carries out the rest of the transaction without that script.
 * ioredis believes a script known as soon as it was sent, which it is not when Redis refused the
 * transaction around it.
 */
export function begin(redis: Redis): Transaction {
  const scripts: Scripts = redis.scriptsSet;
  const transaction = redis.multi();
  return Object.assign(transaction, {
    runCommand(name: string, args: ScriptArgument[]) {
      const script = scripts[name];
      if (script === undefined) throw new Error(`the connection does not know the script ${name}`);
      return transaction.eval(script.lua, script.numberOfKeys, ...args);
    },
  });
}

/**
 * Puts envelopes into a transaction: the job, and how many of its events are open. Those of a replay
 * wait behind the living.
 */
export function putEnvelopes(
  transaction: Transaction,
  envelopes: readonly NewEnvelope[],
  keys: Keys,
  queues: ReadonlyMap<string, Queue>,
  standing: 'live' | 'replay' = 'live',
): void {
  const options =
    standing === 'live' ? JOB_OPTIONS : { ...JOB_OPTIONS, priority: BEHIND_THE_LIVING };
  for (const { pixelId, id, data } of envelopes) {
    const queue = queues.get(pixelId);
    if (queue === undefined) throw new Error(`no queue is open for pixel ${pixelId}`);
    void new Job(queue, 'envelope', data, options, id).addJob(transaction as never);
    transaction.hset(keys.open(pixelId), { [id]: data.n });
  }
}

/** Puts changes of ledgers into a transaction; a pixel has one from its first event on. */
export function changeLedgers(
  transaction: Transaction,
  changes: ReadonlyMap<string, LedgerChange>,
  keys: Keys,
): void {
  for (const [pixelId, change] of changes) {
    if (pixelId !== NO_PIXEL) transaction.sadd(keys.pixels, pixelId);
    for (const [field, n] of Object.entries(change)) {
      if (n !== 0) transaction.hincrby(keys.ledger(pixelId), field, n);
    }
  }
}

/** Puts everything of an intake into a transaction. */
export function fill(
  transaction: Transaction,
  intake: Intake,
  rooms: {
    keys: Keys;
    sealer: Sealer;
    watched: string[];
    stored: readonly (Watermark | null)[];
    queues: ReadonlyMap<string, Queue>;
  },
): void {
  const { keys, sealer, watched, stored, queues } = rooms;
  putEnvelopes(transaction, intake.envelopes, keys, queues);
  if (intake.deadLetters.length > 0) {
    const letters = burialArguments(sealer, intake.deadLetters);
    transaction.runCommand(BURY_COMMAND, [...burialKeys(keys), ...letters]);
  }
  changeLedgers(transaction, intake.counts, keys);
  intake.steps.forEach((step, i) => {
    transaction.set(watched[i] ?? '', formatWatermark(afterStep(step, stored[i] ?? null)));
  });
}

/** A transaction that met a changed watermark answers nothing at all. */
export function judge(
  replies: [Error | null, unknown][] | null,
  envelopes: number,
): 'taken' | 'conflict' {
  if (replies === null) return 'conflict';
  replies.forEach(([error, reply], index) => {
    if (error) throw error;
    const isJob = index < envelopes * COMMANDS_AN_ENVELOPE && index % COMMANDS_AN_ENVELOPE === 0;
    if (isJob && typeof reply === 'number') {
      throw new Error(`BullMQ refused an envelope with its code ${reply}`);
    }
  });
  return 'taken';
}
