import type { Intake, IntakeStore, WatermarkStep } from '#store/intake/writer.ts';
import type { RedisWork } from '#store/redis-fault.ts';
import type { EnvelopeTrigger, IntakeBuilder } from './builder.ts';

/** How an intake was taken. */
export interface WriteTiming {
  readonly messages: number;
  /** The traces of some of them. */
  readonly traces: readonly string[];
  /** Unix ms. */
  readonly startedAt: number;
  /** How long Redis took. */
  readonly seconds: number;
}

export interface IntakeWriterOptions {
  /** How much makes an intake full. */
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** How long less waits for more, in ms. */
  readonly lingerMs: number;
  /** What was taken: now its offsets may be committed. */
  readonly onWritten: (steps: readonly WatermarkStep[], course: WriteTiming) => void;
  /** Somebody else took these messages: read again from the watermarks. */
  readonly onConflict: () => void;
  readonly work: RedisWork;
}

/** Brings what was collected into Redis: one intake at a time, each until it is taken or void. */
export class IntakeWriter {
  private running: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  /** Goes up whenever what was read before must not be taken any more. */
  private generation = 0;
  private readonly builder: IntakeBuilder;
  private readonly store: IntakeStore;
  private readonly options: IntakeWriterOptions;

  constructor(builder: IntakeBuilder, store: IntakeStore, options: IntakeWriterOptions) {
    this.builder = builder;
    this.store = store;
    this.options = options;
  }

  /** Of what so much is collected that no message may be read before it is taken; null while there is room. */
  get full(): 'count' | 'bytes' | null {
    if (this.builder.messages >= this.options.maxMessages) return 'count';
    return this.builder.bytes >= this.options.maxBytes ? 'bytes' : null;
  }

  /** Sees to it that what was collected is taken before long. */
  linger(): void {
    this.timer ??= setTimeout(() => void this.write('linger'), this.options.lingerMs);
  }

  /** Takes what is collected; resolves when it is in Redis, or void. */
  async write(trigger: EnvelopeTrigger): Promise<void> {
    while (this.running !== null) await this.running;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const { messages, traces } = this.builder;
    const course = { messages, traces, startedAt: Date.now() };
    const intake = this.builder.build(trigger);
    if (intake === null) return;
    this.running = this.retryUntilDone(intake, this.generation, course).finally(() => {
      this.running = null;
    });
    await this.running;
  }

  /** Makes void what was collected and is not taken yet; resolves when nothing is under way. */
  async abandon(): Promise<void> {
    this.generation += 1;
    this.builder.clear();
    await this.running;
  }

  private async retryUntilDone(
    intake: Intake,
    generation: number,
    course: Omit<WriteTiming, 'seconds'>,
  ): Promise<void> {
    let started = 0;
    const result = await this.options.work.retryUntilDone(
      'intake',
      () => {
        started = performance.now();
        return this.store.write(intake);
      },
      () => generation === this.generation,
    );
    if (result === 'conflict') this.options.onConflict();
    if (result !== 'written') return;
    const seconds = (performance.now() - started) / 1000;
    this.options.onWritten(intake.steps, { ...course, seconds });
  }
}
