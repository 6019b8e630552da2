import type { DeadLetter } from '../dead-letters/burial.ts';
import type { EnvelopeData } from './envelope.ts';
import type { Watermark } from './watermarks.ts';

/** How far a partition has been taken into Redis. */
export interface WatermarkStep {
  readonly topic: string;
  readonly partition: number;
  /** Where the watermark must stand for this step to be right; null when there is none yet. */
  readonly from: number | null;
  /** The next offset to be taken afterwards. */
  readonly to: number;
  /** The topic that was read, by Kafka's id; null or left out where the brokers do not tell. */
  readonly topicId?: string | null;
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

/** Puts envelopes, dead letters and watermarks into Redis in one step. */
export interface IntakeStore {
  /** The watermark of each partition, null where there is none. */
  watermarks(
    partitions: readonly { topic: string; partition: number }[],
  ): Promise<(Watermark | null)[]>;
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
   * somebody else has taken these messages, nothing was written, and the caller must read again
   * from the watermark. Safe to call again, with the same object, after an error whose effect is not
   * known: an intake that was taken completely is recognised by its name, and one in which a command
   * failed was taken back completely.
   *
   * @throws HalfWrittenError when it could not be taken back; from then on nothing is taken any more
   */
  take(intake: Intake): Promise<'taken' | 'conflict'>;
  close(): Promise<void>;
}
