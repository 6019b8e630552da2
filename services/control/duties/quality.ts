import type { Configuration, PixelConfiguration } from '#config/configuration.ts';
import type { QualityAnswer } from '#core/quality/dataset-quality.ts';
import { applyAnswer, isDue, type QualityRecord } from '#core/quality/record.ts';
import type { QualityClient } from '#graph/dataset-quality.ts';
import type { Logger } from '#process/logger.ts';
import type { RedisWork } from '#store/redis-fault.ts';
import { readQuality, writeQuality } from '#store/status/quality.ts';
import type { Store } from '#store/store.ts';
import type { ControlMetrics } from '../metrics.ts';

interface QualityDutyOptions {
  /** On a connection of its own: what is stored of many pixels is large. */
  readonly store: Store;
  readonly client: QualityClient;
  readonly work: RedisWork;
  readonly configuration: () => Configuration;
  readonly metrics: Pick<ControlMetrics, 'qualityRequests' | 'detailOf'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

const MINUTE_MS = 60_000;

/** A failure of Redis to read or take it counts for this long, in ms. */
const FAIL_MS = 10_000;

/**
 * Asks Meta for the quality of each pixel in turn: one pixel a look, the one that is due for the
 * longest. What Meta said, and when to ask again, is kept in Redis, so that the next process goes on
 * where this one ended. Whatever Meta or Redis answers ends here: no other duty learns of it.
 */
export class QualityDuty {
  /** What is known in this term. */
  private records = new Map<string, QualityRecord | null>();
  /** Grows with each change of what is known. */
  revision = 0;
  private term: AbortSignal | null = null;
  private readonly options: QualityDutyOptions;

  constructor(options: QualityDutyOptions) {
    this.options = options;
  }

  /** Pixel → what Meta last said of it, for the pixels that are configured now. */
  known(): Map<string, QualityRecord> {
    const known = new Map<string, QualityRecord>();
    for (const { pixelId } of this.options.configuration().pixels) {
      const record = this.records.get(pixelId) ?? null;
      if (record !== null) known.set(pixelId, record);
    }
    return known;
  }

  /** Asks for at most one pixel. */
  async look(term: AbortSignal): Promise<void> {
    try {
      if (!(await this.load(term))) return;
      const pixel = this.mostOverdue(Date.now());
      if (pixel !== null) await this.ask(pixel, term);
    } catch {
      // It was noted where Redis failed, and is done again at the next look.
    }
  }

  /** Reads what is stored of pixels that are new in this term; false when the term has ended. */
  private async load(term: AbortSignal): Promise<boolean> {
    if (term !== this.term) {
      this.records = new Map();
      this.revision += 1;
    }
    this.term = term;
    const { configuration, store, work } = this.options;
    const pixels = configuration().pixels.map(({ pixelId }) => pixelId);
    const unread = pixels.filter((pixelId) => !this.records.has(pixelId));
    if (unread.length > 0) {
      const read = () => readQuality(store, unread);
      const found = await work.attempt('quality', read, { forMs: FAIL_MS });
      for (const pixelId of unread) this.records.set(pixelId, found.get(pixelId) ?? null);
      this.revision += 1;
    }
    return !term.aborted;
  }

  private get everyMs(): number {
    return this.options.configuration().control.quality.everyMinutes * MINUTE_MS;
  }

  private mostOverdue(now: number): PixelConfiguration | null {
    let chosen: PixelConfiguration | null = null;
    let since = Number.POSITIVE_INFINITY;
    for (const pixel of this.options.configuration().pixels) {
      const record = this.records.get(pixel.pixelId) ?? null;
      const due = record?.nextAt ?? 0;
      if (due >= since || (record !== null && !isDue(record, now, this.everyMs))) continue;
      [chosen, since] = [pixel, due];
    }
    return chosen;
  }

  private async ask(pixel: PixelConfiguration, term: AbortSignal): Promise<void> {
    const { pixelId } = pixel;
    const { client, store, work } = this.options;
    const before = this.records.get(pixelId) ?? null;
    const answer = await client.ask(pixel, term);
    // The next process asks again; a request that was cut off says nothing of Meta.
    if (term.aborted) return;
    const record = applyAnswer(before, answer, Date.now(), this.everyMs);
    this.records.set(pixelId, record);
    this.revision += 1;
    this.report(pixelId, before, answer);
    await work.attempt('quality', () => writeQuality(store, pixelId, record), { forMs: FAIL_MS });
  }

  /** Logs a change: that Meta does not say it any more, or says it again. */
  private report(pixel: string, before: QualityRecord | null, answer: QualityAnswer): void {
    const { metrics, logger } = this.options;
    const outcome = answer.ok ? 'answered' : answer.failure.kind;
    metrics.qualityRequests.inc({ pixel: metrics.detailOf(pixel), outcome });
    const failed = before?.failure ?? null;
    if (answer.ok) {
      if (failed !== null) logger.info({ pixel }, 'Meta tells the quality of the events again');
      return;
    }
    const { kind, code, message } = answer.failure;
    if (failed?.kind === kind && failed.code === code) return;
    logger.warn(
      { pixel, kind, code, why: message },
      'Meta does not tell the quality of the events',
    );
  }
}
