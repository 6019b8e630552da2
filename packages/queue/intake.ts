import { Job, Queue } from 'bullmq';
import type { ChainableCommander, Redis } from 'ioredis';
import { burialArguments, burialKeys, type DeadLetter } from './burial.ts';
import type { EnvelopeData } from './envelope.ts';
import { createKeys, type Keys, queueName } from './keys.ts';
import { BURY_COMMAND, type ScriptArgument, withScripts } from './scripts.ts';
import type { Sealer } from './sealing.ts';

/** How far a partition has been taken into Redis. */
export interface WatermarkStep {
  readonly topic: string;
  readonly partition: number;
  /** Where the watermark must stand for this step to be right; null when there is none yet. */
  readonly from: number | null;
  /** The next offset to be taken afterwards. */
  readonly to: number;
}

export interface NewEnvelope {
  readonly pixelId: string;
  readonly id: string;
  readonly data: EnvelopeData;
}

/** What a pixel's ledger gains. */
export interface Counts {
  consumed: number;
  filtered: number;
  dead: number;
  queued: number;
}

/** Everything that came of reading some messages. It is taken as a whole or not at all. */
export interface Intake {
  readonly envelopes: readonly NewEnvelope[];
  readonly deadLetters: readonly DeadLetter[];
  readonly counts: ReadonlyMap<string, Counts>;
  readonly steps: readonly WatermarkStep[];
}

/** An ioredis transaction that also runs scripts in the way BullMQ asks for them. */
type Transaction = ChainableCommander & {
  runCommand(name: string, args: ScriptArgument[]): unknown;
};

/** Commands of a transaction for each envelope; the first of them answers for BullMQ. */
const COMMANDS_AN_ENVELOPE = 3;

const JOB_OPTIONS = {
  // Attempts are judged by the worker, which buries what has had enough of them; BullMQ must never
  // end a job by itself.
  attempts: 1_000_000,
  backoff: { type: 'rest' },
  removeOnComplete: true,
  removeOnFail: false,
} as const;

/** Puts envelopes, dead letters and watermarks into Redis in one transaction. */
export interface IntakeStore {
  /** The watermark of each partition, null where there is none. */
  watermarks(
    partitions: readonly { topic: string; partition: number }[],
  ): Promise<(number | null)[]>;
  /**
   * Takes an intake once. `conflict` when a watermark stands elsewhere than the intake says: then
   * somebody else has taken these messages, nothing was written, and the caller must read again
   * from the watermark. Safe to call again after an error whose effect is not known.
   *
   * Not to be called again before it has answered: the transaction uses the connection's own state.
   */
  take(intake: Intake): Promise<'taken' | 'conflict'>;
  close(): Promise<void>;
}

export function createIntakeStore(
  redis: Redis,
  options: { prefix: string; groupId: string; sealer: Sealer },
): IntakeStore {
  const { prefix, groupId, sealer } = options;
  const keys = createKeys(prefix);
  const queues = new Map<string, Queue>();
  withScripts(redis);

  const queueOf = async (pixelId: string): Promise<Queue> => {
    const known = queues.get(pixelId);
    if (known !== undefined) return known;
    const queue = new Queue(queueName(pixelId), {
      connection: redis,
      prefix,
      streams: { events: { maxLen: 100 } },
    });
    queue.on('error', () => {}); // the connection reports its own errors
    await queue.waitUntilReady();
    queues.set(pixelId, queue);
    return queue;
  };
  const watermarkKeys = (at: readonly { topic: string; partition: number }[]): string[] =>
    at.map(({ topic, partition }) => keys.watermark(groupId, topic, partition));

  return {
    async watermarks(partitions) {
      if (partitions.length === 0) return [];
      return (await redis.mget(watermarkKeys(partitions))).map(toOffset);
    },
    async take(intake) {
      const watched = watermarkKeys(intake.steps);
      const [, found] = await watchAndRead(redis, watched);
      const at = found.map(toOffset);
      if (intake.steps.every((step, i) => step.to === at[i])) return done(redis, 'taken');
      if (intake.steps.some((step, i) => step.from !== at[i])) return done(redis, 'conflict');
      for (const { pixelId } of intake.envelopes) await queueOf(pixelId);
      const transaction = begin(redis);
      fill(transaction, intake, { keys, sealer, watched, queues });
      return judge(await transaction.exec(), intake.envelopes.length);
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

function begin(redis: Redis): Transaction {
  const transaction = redis.multi() as ChainableCommander &
    Record<string, (args: ScriptArgument[]) => unknown>;
  return Object.assign(transaction, {
    runCommand: (name: string, args: ScriptArgument[]) => transaction[name]?.(args),
  });
}

async function watchAndRead(
  redis: Redis,
  watched: string[],
): Promise<[unknown, (string | null)[]]> {
  const replies = (await redis.pipeline().watch(watched).mget(watched).exec()) ?? [];
  for (const [error] of replies) if (error) throw error;
  return [replies[0]?.[1], (replies[1]?.[1] ?? []) as (string | null)[]];
}

async function done<T>(redis: Redis, result: T): Promise<T> {
  await redis.unwatch();
  return result;
}

function fill(
  transaction: Transaction,
  intake: Intake,
  rooms: { keys: Keys; sealer: Sealer; watched: string[]; queues: ReadonlyMap<string, Queue> },
): void {
  const { keys, sealer, watched, queues } = rooms;
  for (const { pixelId, id, data } of intake.envelopes) {
    const queue = queues.get(pixelId);
    if (queue === undefined) throw new Error(`no queue is open for pixel ${pixelId}`);
    const job = new Job(queue, 'envelope', data, JOB_OPTIONS, id);
    void job.addJob(transaction as never);
    transaction.hset(keys.open(pixelId), { [id]: data.n });
    transaction.sadd(keys.pixels, pixelId);
  }
  if (intake.deadLetters.length > 0) {
    const letters = burialArguments(sealer, intake.deadLetters);
    transaction.runCommand(BURY_COMMAND, [...burialKeys(keys), ...letters]);
  }
  for (const [pixelId, counts] of intake.counts) {
    for (const [field, n] of Object.entries(counts)) {
      if (n > 0) transaction.hincrby(keys.ledger(pixelId), field, n);
    }
  }
  intake.steps.forEach((step, i) => {
    transaction.set(watched[i] ?? '', step.to);
  });
}

/** A transaction that met a changed watermark answers nothing at all. */
function judge(replies: [Error | null, unknown][] | null, envelopes: number): 'taken' | 'conflict' {
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

function toOffset(value: string | null): number | null {
  return value === null ? null : Number(value);
}
