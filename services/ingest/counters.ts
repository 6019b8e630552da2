import type { DeadLetterReason } from '#core/dead-letter/dead-letter.ts';
import type { NormalisedEvent } from '#core/event/server-event.ts';
import type { Warning } from '#core/event/warning.ts';
import { failedKeyOf } from '#core/user-data/failed-key.ts';
import type { Logger } from '#process/logger.ts';
import type { ServiceLog } from '#process/service-log.ts';
import type { Watermark } from '#store/intake/watermarks.ts';
import { NO_PIXEL } from '#store/keys.ts';
import type { MissingOffsets } from './kafka/positions.ts';
import { type IngestMetrics, MATCH_KEYS } from './metrics.ts';
import type { EnqueuedRecorder } from './sent-fields.ts';

const COUNTED_KEYS: ReadonlySet<string> = new Set(MATCH_KEYS);

/**
 * Turns what ingest does into metrics and log lines; nothing personal is in them. Events are summed up
 * here until {@link IngestCounters.publish}: prom-client looks labels up each time, which would cost a
 * tenth of an event's budget.
 */
export class IngestCounters {
  private readonly metrics: IngestMetrics;
  private readonly logger: Pick<Logger, 'debug' | 'warn' | 'error'>;
  private readonly log: Pick<ServiceLog, 'dead' | 'did' | 'failed'>;
  private readonly recorder: EnqueuedRecorder;
  private readonly events = new LabelCounts();
  private readonly filters = new LabelCounts();
  private readonly deaths = new LabelCounts();
  private readonly warnings = new LabelCounts();
  private readonly failures = new LabelCounts();
  private readonly matchKeys = new LabelCounts();

  constructor(
    metrics: IngestMetrics,
    logger: Pick<Logger, 'debug' | 'warn' | 'error'>,
    log: Pick<ServiceLog, 'dead' | 'did' | 'failed'>,
    recorder: EnqueuedRecorder,
  ) {
    this.metrics = metrics;
    this.logger = logger;
    this.log = log;
    this.recorder = recorder;
  }

  enqueued(pixel: string, { personal, plain }: NormalisedEvent): void {
    this.events.add(pixel, 'enqueued');
    this.matchKeys.addKeys(pixel, personal);
    this.matchKeys.addKeys(pixel, plain.user_data);
  }

  /** An event stays in Kafka, and is counted again when it is read again. */
  parked(pixel: string): void {
    this.events.add(pixel, 'parked');
  }

  filtered(pixel: string | null, reason: string): void {
    this.events.add(pixel ?? NO_PIXEL, 'filtered');
    this.filters.add(pixel ?? NO_PIXEL, reason);
  }

  dead(pixel: string | null, reason: DeadLetterReason): void {
    this.events.add(pixel ?? NO_PIXEL, 'dead');
    this.deaths.add(pixel ?? NO_PIXEL, reason);
  }

  warned(pixel: string, warning: Warning): void {
    this.warnings.add(pixel, warning.code);
    const key = failedKeyOf(warning);
    if (key !== null) this.failures.add(pixel, key);
  }

  /** A message on which our own code failed; `message` holds nothing of it. */
  failed(message: string): void {
    this.log.failed('a message became a dead letter by a defect', new Error(message));
  }

  /** An envelope was closed. */
  envelope(pixel: string, events: number, trigger: string): void {
    const detail = this.metrics.detailOf(pixel);
    this.metrics.ingestEnvelopes.inc({ pixel: detail, trigger });
    this.metrics.ingestEnvelopeEvents.observe({ pixel: detail }, events);
  }

  /** @param newest the newest timestamp among the messages, Unix ms; 0 when there is none */
  messages(topic: string, messages: number, bytes: number, newest: number): void {
    this.log.did({ messages });
    this.metrics.ingestMessages.inc({ topic }, messages);
    this.metrics.ingestBytes.inc({ topic }, bytes);
    if (newest > 0) this.metrics.ingestLastMessage.set({ topic }, newest / 1000);
  }

  repeated(topic: string, messages: number): void {
    this.metrics.ingestRepeated.inc({ topic }, messages);
  }

  /** Messages are gone from Kafka that were not read. */
  missing(topic: string, partition: number, { from, to }: MissingOffsets): void {
    const messages = to - from;
    this.metrics.ingestMissing.inc({ topic }, messages);
    const facts = { topic, partition, from, to, messages };
    this.logger.error(facts, 'Kafka removed messages before they were read');
  }

  /** The topic was deleted and created again: its watermark was `before`, and starts over. */
  recreated(topic: string, partition: number, before: Watermark | null): void {
    this.metrics.ingestRecreated.inc({ topic });
    const facts = { topic, partition, before: before?.offset ?? null };
    this.logger.warn(facts, 'the topic was deleted and created again: reading it from its start');
  }

  /** An intake with `partitions` steps is in Redis, after `seconds`. */
  written(partitions: number, seconds: number): void {
    this.publish();
    this.logger.debug({ partitions, seconds }, 'written to Redis');
    this.metrics.ingestWriteDuration.observe(seconds);
  }

  conflict(): void {
    this.metrics.ingestConflicts.inc();
    this.logger.warn('another process wrote the same messages: reading again from the watermarks');
  }

  /** Adds what was counted since the last call to the metrics. */
  publish(): void {
    const { metrics, recorder } = this;
    this.events.publish((pixel, outcome, n) => {
      metrics.ingestEvents.inc({ pixel, outcome }, n);
      this.log.did({ [outcome]: n });
      if (outcome === 'enqueued') recorder.enqueued(pixel, n);
    });
    this.filters.publish((pixel, reason, n) => metrics.ingestFiltered.inc({ pixel, reason }, n));
    this.warnings.publish((pixel, code, n) =>
      metrics.ingestWarnings.inc({ pixel: metrics.detailOf(pixel), code }, n),
    );
    this.failures.publish((pixel, key, n) =>
      metrics.normalisationFailures.inc({ pixel: metrics.detailOf(pixel), key }, n),
    );
    this.deaths.publish((pixel, reason, n) => {
      metrics.deadLetters.inc({ pixel, stage: 'ingest', reason }, n);
      this.log.dead(pixel, 'ingest', reason, n);
    });
    this.matchKeys.publish((pixel, key, n) => {
      if (!COUNTED_KEYS.has(key)) return;
      metrics.matchKeys.inc({ pixel, key }, n);
      recorder.carried(pixel, key, n);
    });
  }
}

/** Counts by two labels. */
class LabelCounts {
  private readonly counts = new Map<string, Map<string, number>>();

  add(first: string, second: string): void {
    const inner = this.of(first);
    inner.set(second, (inner.get(second) ?? 0) + 1);
  }

  /** Counts every key of an object. */
  addKeys(first: string, object: object): void {
    const inner = this.of(first);
    for (const key in object) inner.set(key, (inner.get(key) ?? 0) + 1);
  }

  /** Hands each sum over, and starts again from zero. */
  publish(add: (first: string, second: string, n: number) => void): void {
    for (const [first, inner] of this.counts) {
      for (const [second, n] of inner) add(first, second, n);
      inner.clear();
    }
  }

  private of(first: string): Map<string, number> {
    const known = this.counts.get(first);
    if (known !== undefined) return known;
    const inner = new Map<string, number>();
    this.counts.set(first, inner);
    return inner;
  }
}
