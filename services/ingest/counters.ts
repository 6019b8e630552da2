import { failedKeyOf } from '#core/user-data/failed-key.ts';
import type { ServiceLog } from '#process/service-log.ts';
import type { OnEnvelope } from './intake/builder.ts';
import type { ReaderCounters } from './intake/reader.ts';
import type { BatchCounters } from './kafka/batch-handler.ts';
import { type IngestMetrics, MATCH_KEYS } from './metrics.ts';

/** The name under which metrics count what belongs to no pixel. */
const NO_PIXEL = 'none';

const COUNTED_KEYS: ReadonlySet<string> = new Set(MATCH_KEYS);

/** Turns what ingest does into metrics. */
export interface IngestCounters {
  readonly reader: ReaderCounters;
  readonly batch: BatchCounters;
  readonly envelope: OnEnvelope;
  /**
   * Brings what was counted since the last call into the metrics. Counting an event is an addition
   * here; prom-client looks labels up each time, which would cost a tenth of an event's budget.
   */
  publish(): void;
}

export function createCounters(
  metrics: IngestMetrics,
  log: Pick<ServiceLog, 'dead' | 'failed'>,
): IngestCounters {
  const events = new Tally((pixel, outcome, n) => metrics.ingestEvents.inc({ pixel, outcome }, n));
  const filtered = new Tally((pixel, reason, n) =>
    metrics.ingestFiltered.inc({ pixel, reason }, n),
  );
  const warnings = new Tally((pixel, code, n) => metrics.ingestWarnings.inc({ pixel, code }, n));
  const dead = new Tally((pixel, reason, n) => {
    metrics.deadLetters.inc({ pixel, stage: 'ingest', reason }, n);
    log.dead(pixel, 'ingest', reason, n);
  });
  const failures = new Tally((pixel, key, n) =>
    metrics.normalisationFailures.inc({ pixel, key }, n),
  );
  const matchKeys = new Tally((pixel, key, n) => {
    if (COUNTED_KEYS.has(key)) metrics.matchKeys.inc({ pixel, key }, n);
  });
  return {
    reader: {
      enqueued(pixel, { personal, plain }) {
        events.add(pixel, 'enqueued');
        matchKeys.addKeys(pixel, personal);
        matchKeys.addKeys(pixel, plain.user_data);
      },
      filtered(pixel, reason) {
        events.add(pixel ?? NO_PIXEL, 'filtered');
        filtered.add(pixel ?? NO_PIXEL, reason);
      },
      dead(pixel, reason) {
        events.add(pixel ?? NO_PIXEL, 'dead');
        dead.add(pixel ?? NO_PIXEL, reason);
      },
      warned(pixel, warning) {
        warnings.add(pixel, warning.code);
        const key = failedKeyOf(warning);
        if (key !== null) failures.add(pixel, key);
      },
      failed: (words) => log.failed('a message became a dead letter by a defect', new Error(words)),
    },
    batch: {
      messages(topic, messages, bytes, newest) {
        metrics.ingestMessages.inc({ topic }, messages);
        metrics.ingestBytes.inc({ topic }, bytes);
        if (newest > 0) metrics.ingestLastMessage.set({ topic }, newest / 1000);
      },
      repeated: (topic, messages) => metrics.ingestRepeated.inc({ topic }, messages),
      missing: (topic, _partition, { from, to }) => metrics.ingestMissing.inc({ topic }, to - from),
      recreated: (topic) => metrics.ingestRecreated.inc({ topic }),
    },
    envelope(pixel, size, trigger) {
      metrics.ingestEnvelopes.inc({ pixel, trigger });
      metrics.ingestEnvelopeEvents.observe({ pixel }, size);
    },
    publish() {
      events.publish();
      filtered.publish();
      dead.publish();
      warnings.publish();
      failures.publish();
      matchKeys.publish();
    },
  };
}

/** Counts by two words, and hands the sums over when asked. */
class Tally {
  private readonly counts = new Map<string, Map<string, number>>();
  private readonly hand: (first: string, second: string, n: number) => void;

  constructor(hand: (first: string, second: string, n: number) => void) {
    this.hand = hand;
  }

  add(first: string, second: string): void {
    const inner = this.of(first);
    inner.set(second, (inner.get(second) ?? 0) + 1);
  }

  /** Counts every key of an object. */
  addKeys(first: string, object: object): void {
    const inner = this.of(first);
    for (const key in object) inner.set(key, (inner.get(key) ?? 0) + 1);
  }

  publish(): void {
    for (const [first, inner] of this.counts) {
      for (const [second, n] of inner) this.hand(first, second, n);
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
