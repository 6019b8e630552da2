import type { WatermarkStep } from '#store/intake/watermarks.ts';
import type { Intake, IntakeStore, Repeated } from '#store/intake/writer.ts';
import type { RedisWork } from '#store/redis-fault.ts';
import type { EnvelopeTrigger, IntakeBuilder } from './builder.ts';

/** An intake that is in Redis now. */
export interface WrittenIntake {
  readonly steps: readonly WatermarkStep[];
  readonly messages: number;
  /** The traces of some of them. */
  readonly traces: readonly string[];
  /** Unix ms. */
  readonly startedAt: number;
  /** How long Redis took. */
  readonly seconds: number;
}

interface IntakeWriterOptions {
  /** An intake with this many messages or bytes is full. */
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** How long an intake that is not full waits for more, in ms. */
  readonly lingerMs: number;
  /** The offsets of the intake may be committed now. */
  readonly onWritten: (written: WrittenIntake) => void;
  /**
   * Another process wrote these messages, or some of their events are repeated as only Redis knew:
   * read again from the watermarks.
   */
  readonly onConflict: (repeated: Repeated | null) => void;
  readonly work: Pick<RedisWork, 'retryUntilDone'>;
}

/** Writes intakes to Redis: one at a time, each until it is written or void. */
export class IntakeWriter {
  private running: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  /** Goes up whenever what was read before must not be written any more. */
  private generation = 0;
  private readonly builder: IntakeBuilder;
  private readonly store: Pick<IntakeStore, 'write'>;
  private readonly options: IntakeWriterOptions;

  constructor(
    builder: IntakeBuilder,
    store: Pick<IntakeStore, 'write'>,
    options: IntakeWriterOptions,
  ) {
    this.builder = builder;
    this.store = store;
    this.options = options;
  }

  /** The limit that is reached, so that no message may be read before a write; null below the limits. */
  get full(): 'count' | 'bytes' | null {
    if (this.builder.messages >= this.options.maxMessages) return 'count';
    return this.builder.bytes >= this.options.maxBytes ? 'bytes' : null;
  }

  /** Writes what is collected after the linger time, unless it is written before. */
  linger(): void {
    this.timer ??= setTimeout(() => void this.write('linger'), this.options.lingerMs);
  }

  /** Writes what is collected; resolves when it is in Redis, or void. */
  async write(trigger: EnvelopeTrigger): Promise<void> {
    while (this.running !== null) await this.running;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const { messages, traces } = this.builder;
    const facts = { messages, traces, startedAt: Date.now() };
    const intake = this.builder.build(trigger);
    if (intake === null) return;
    this.running = this.retryUntilDone(intake, facts).finally(() => {
      this.running = null;
    });
    await this.running;
  }

  /** Makes void what is collected and not written; resolves when no write is running. */
  async abandon(): Promise<void> {
    this.generation += 1;
    this.builder.clear();
    await this.running;
  }

  private async retryUntilDone(
    intake: Intake,
    facts: Pick<WrittenIntake, 'messages' | 'traces' | 'startedAt'>,
  ): Promise<void> {
    const { work, onConflict, onWritten } = this.options;
    const { generation } = this;
    let triedAt = 0;
    const result = await work.retryUntilDone(
      'intake',
      () => {
        triedAt = performance.now();
        return this.store.write(intake);
      },
      () => generation === this.generation,
    );
    if (result === 'conflict') onConflict(null);
    else if (typeof result === 'object' && result !== null) onConflict(result);
    if (result !== 'written') return;
    const seconds = (performance.now() - triedAt) / 1000;
    onWritten({ ...facts, steps: intake.steps, seconds });
  }
}
