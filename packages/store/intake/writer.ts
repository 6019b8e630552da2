import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { NewDeadLetter } from '../dead-letters/script-arguments.ts';
import { deadLetterKeys, insertArguments } from '../dead-letters/script-arguments.ts';
import { createQueues, type Queues } from '../delivery/queues.ts';
import { type Keys, NO_PIXEL } from '../keys.ts';
import { HalfWrittenError } from '../lua/atomic.ts';
import { block, envelopeInput, joinInput, ledgerInput } from '../lua/change-arguments.ts';
import { intakeScript, UNTOLD } from '../lua/changes.ts';
import { GONE } from '../lua/parking.ts';
import { runScript, type ScriptArgument, type ScriptInput } from '../lua/scripts.ts';
import {
  type Gone,
  type ParkingOperation,
  parkingInput,
  parseGone,
} from '../parking/operations.ts';
import { type ParkedAt, type ParkedPartition, readParked } from '../parking/ranges.ts';
import { type Receipt, type ReceiptPolicy, receiptArguments } from '../receipts/receipt.ts';
import type { Sealer } from '../sealing.ts';
import { filteredField, type LedgerChange, PASSED } from '../status/ledger.ts';
import type { Store } from '../store.ts';
import type { NewEnvelope } from './envelope.ts';
import type { Watermark, WatermarkStep } from './watermarks.ts';
import {
  afterStep,
  formatWatermark,
  isBefore,
  leadsOn,
  parseWatermark,
  readWatermarks,
  replaceWatermark,
} from './watermarks.ts';

/** An intake as its script takes it, with everything sealed. */
type PreparedIntake = ReturnType<typeof prepare>;

export interface IntakeOptions {
  readonly groupId: string;
  readonly sealer: Sealer;
  readonly receipts?: ReceiptPolicy | null;
  /** The window in which repeated events are left out; null or left out for none. */
  readonly window?: { readonly windowHours: number; readonly maxEvents: number } | null;
}

interface Deps extends IntakeOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly queues: Queues;
}

export function createIntakeStore(store: Store, options: IntakeOptions): IntakeStore {
  const { redis, keys } = store;
  const queues = createQueues(store);
  const deps: Deps = { ...options, redis, keys, queues };
  const { groupId, receipts } = options;
  // Sealed once: what is tried again is the same bytes under the same names.
  const prepared = new WeakMap<Intake, PreparedIntake>();
  let halfWritten: HalfWrittenError | null = null;

  return {
    watermarks: (partitions) => readWatermarks(store, groupId, partitions),
    parked: (at) => readParked(store, groupId, at),
    replace: ({ topic, partition }, from, to) =>
      replaceWatermark(redis, keys.watermark(groupId, topic, partition), from, to),
    async write(intake) {
      if (halfWritten !== null) throw halfWritten;
      await queues.ensure(intake.envelopes.map(({ pixelId }) => pixelId));
      const known = prepared.get(intake) ?? prepare(deps, intake);
      prepared.set(intake, known);
      try {
        const moves = await movesOf(deps, intake, known);
        if (moves === 'written' || moves === 'conflict') return moves;
        const input = joinInput([known.before, moves, known.after]);
        const answer = await runScript(redis, known.script, input);
        if (typeof answer === 'string') tellOf(answer, intake, receipts);
        if (Array.isArray(answer)) return { known: answer };
        if (answer === -1) return { known: null };
        return answer === 0 ? 'conflict' : 'written';
      } catch (error) {
        if (error instanceof HalfWrittenError) halfWritten = error;
        throw error;
      }
    },
    close: queues.close,
  };
}

/** What an intake that was written says besides. */
function tellOf(answer: string, intake: Intake, receipts: IntakeOptions['receipts']): void {
  if (answer.startsWith(GONE)) intake.onParkedGone?.(parseGone(answer.slice(GONE.length)));
  else receipts?.onLost?.(answer.slice(UNTOLD.length));
}

/** A name that no other intake has; what its script reads before the moves of the watermarks, and after them. */
function prepare(deps: Deps, intake: Intake) {
  const { redis, sealer, keys, queues, groupId } = deps;
  const { envelopes, deadLetters, counts, receipts = [], parking = [] } = intake;
  const letters = deadLetters.length === 0 ? [] : insertArguments(sealer, deadLetters);
  const name = randomBytes(12).toString('base64url');
  const { script, ...jobs } = envelopeInput(redis, envelopes, keys, queues.open, 'live');
  const before = { keys: [...deadLetterKeys(keys), keys.pixels, keys.trial], args: [name] };
  const after = joinInput([
    { keys: [keys.repeated], args: block(windowArguments(intake, deps)) },
    parkingInput(parking, keys, groupId),
    ledgerInput(ledgersOf(counts), keys),
    { keys: [], args: block(letters) },
    jobs,
    { keys: [keys.receipts], args: block(receiptArguments(receipts, deps.receipts)) },
  ]);
  return { name, script: intakeScript(script), before, after };
}

function windowArguments({ names }: Intake, { window }: Deps): ScriptArgument[] {
  if (!window || names === undefined) return [];
  const { fresh, repeated } = names;
  if (fresh.length + repeated.length === 0) return [];
  // As one text each: thousands of arguments would cost more than the names.
  const texts = [Buffer.concat(fresh), Buffer.concat(repeated)];
  return [window.windowHours * 3600, window.maxEvents, ...texts];
}

/** What was put into a queue ends a row of filtered events, of its pixel and of those of no pixel. */
function ledgersOf(counts: Intake['counts']): Map<string, LedgerChange> {
  const ledgers = new Map<string, LedgerChange>();
  let any = 0;
  for (const [pixelId, { reasons = [], ...change }] of counts) {
    const byReason = [...reasons].map(([reason, n]) => [filteredField(reason), n]);
    const ledger = { ...change, ...Object.fromEntries(byReason), [PASSED]: change.queued };
    ledgers.set(pixelId, ledger);
    any += change.queued;
  }
  if (any > 0) ledgers.set(NO_PIXEL, { ...ledgers.get(NO_PIXEL), [PASSED]: any });
  return ledgers;
}

/**
 * How the watermarks move from where they stand now; the script checks that they still stand there.
 * `written` when the intake has moved them already.
 */
async function movesOf(
  { redis, groupId, keys }: Deps,
  { steps }: Intake,
  { name }: PreparedIntake,
): Promise<ScriptInput | 'written' | 'conflict'> {
  const watermarks = steps.map(({ topic, partition }) => keys.watermark(groupId, topic, partition));
  const markers = watermarks.map(keys.marker);
  if (steps.length === 0) return { keys: [], args: [0] };
  const found = await redis.mget([...watermarks, ...markers]);
  if (markers.every((_, i) => found[steps.length + i] === name)) return 'written';
  const stored = found.slice(0, steps.length).map((value) => parseWatermark(value));
  const expected = steps.every((step, i) => leadsOn(step) && isBefore(step, stored[i] ?? null));
  if (!expected) return 'conflict';
  const args = steps.flatMap((step, i) => [
    found[i] ?? '',
    formatWatermark(afterStep(step, stored[i] ?? null)),
  ]);
  return {
    keys: watermarks.flatMap((watermark, i) => [watermark, markers[i] ?? '']),
    args: [steps.length, ...args],
  };
}

/** What a pixel's ledger gains. */
export interface Counts {
  consumed: number;
  filtered: number;
  dead: number;
  queued: number;
  /** Left in Kafka: each message counts as one event. */
  parked?: number;
  /** Reason → how many of `filtered`. */
  readonly reasons?: ReadonlyMap<string, number>;
}

/** Everything that came of reading some messages. It is taken as a whole or not at all. */
export interface Intake {
  readonly envelopes: readonly NewEnvelope[];
  readonly deadLetters: readonly NewDeadLetter[];
  readonly counts: ReadonlyMap<string, Counts>;
  readonly steps: readonly WatermarkStep[];
  /** What is told of the messages. */
  readonly receipts?: readonly Receipt[];
  /**
   * Names of its queued events, for the window: those that it queues, and those that it leaves out
   * because they were queued before.
   */
  readonly names?: { readonly fresh: readonly Buffer[]; readonly repeated: readonly Buffer[] };
  /** What becomes of parked ranges. An intake with no steps reads parked events again. */
  readonly parking?: readonly ParkingOperation[];
  /** Told which parked events it gave up, by pixel, once it is written. */
  readonly onParkedGone?: (gone: ReadonlyMap<string, Gone>) => void;
}

/** The events of an intake that were queued before, by place; null where one that it left out was not. */
export interface Repeated {
  readonly known: readonly number[] | null;
}

/** Puts envelopes, dead letters and watermarks into Redis in one step. */
export interface IntakeStore {
  /** The watermark of each partition, null where there is none. */
  watermarks(
    partitions: readonly { topic: string; partition: number }[],
  ): Promise<(Watermark | null)[]>;
  /** The parked ranges of a partition. */
  parked(at: ParkedAt): Promise<ParkedPartition>;
  /**
   * Moves a watermark where it must not be moved by an intake, in one step.
   * @returns false when it stands elsewhere than `from` by now; then nothing was written
   */
  replace(
    at: { topic: string; partition: number },
    from: Watermark,
    to: Watermark,
  ): Promise<boolean>;
  /**
   * Takes an intake once. `conflict` when a watermark stands elsewhere than the intake says: then
   * another ingest has written these messages, or changed the parked ranges, nothing was written now, and the caller must read again
   * from the watermark. Safe to call again, with the same object, after an error whose effect is not
   * known: an intake that was taken completely is recognised by its name, and one in which a command
   * failed was taken back completely. What is repeated was not written: it must be read again.
   *
   * @throws HalfWrittenError when it could not be taken back; from then on nothing is taken any more
   */
  write(intake: Intake): Promise<'written' | 'conflict' | Repeated>;
  close(): Promise<void>;
}
