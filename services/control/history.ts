/** Where all events were at a moment. */
export interface Sample {
  /** Unix ms. */
  readonly at: number;
  readonly consumed: number;
  readonly delivered: number;
  /** Dead letters that were ever written, as far as the ledger tells: those held and purged. A replay makes it fall. */
  readonly died: number;
  readonly queued: number;
  /** How long the oldest envelope waits; 0 where none does. */
  readonly oldestMs: number;
  /** Messages in Kafka that ingest has not taken; null where Kafka does not tell. */
  readonly lag: number | null;
}

/** Between two samples, in ms. */
export const SAMPLE_MS = 15_000;

/** Kept samples: of an hour, and of a day in parts of five minutes. */
const FINE = 240;
const COARSE = 288;
const COARSE_MS = 300_000;

/** The ranges of time that the overview shows; the first one unless told otherwise. */
export const RANGES = {
  '15m': { ms: 15 * 60_000, words: '15 minutes' },
  '1h': { ms: 60 * 60_000, words: 'hour' },
  '24h': { ms: 24 * 60 * 60_000, words: '24 hours' },
} as const;

export type Range = keyof typeof RANGES;

/** The same text, or the first range. */
export function readRange(text: string | undefined): Range {
  return text !== undefined && Object.hasOwn(RANGES, text) ? (text as Range) : '15m';
}

/**
 * What was sampled lately, in this process alone: the memory of a restart is empty. It is bounded by
 * time, whatever happens.
 */
export class SampleHistory {
  private readonly fine: Sample[] = [];
  private readonly coarse: Sample[] = [];

  add(sample: Sample): void {
    this.fine.push(sample);
    if (this.fine.length > FINE) this.fine.shift();
    const last = this.coarse.at(-1);
    const part = Math.floor(sample.at / COARSE_MS);
    if (last === undefined || Math.floor(last.at / COARSE_MS) !== part) {
      this.coarse.push(sample);
      if (this.coarse.length > COARSE) this.coarse.shift();
      return;
    }
    // Counters are those of the end of a part; of what rises and falls, the highest is kept.
    this.coarse[this.coarse.length - 1] = {
      ...sample,
      queued: Math.max(last.queued, sample.queued),
      oldestMs: Math.max(last.oldestMs, sample.oldestMs),
      lag: highest(last.lag, sample.lag),
    };
  }

  /** The oldest first. */
  of(range: Range, now: number): readonly Sample[] {
    const all = range === '24h' ? this.coarse : this.fine;
    return all.filter(({ at }) => at > now - RANGES[range].ms);
  }
}

function highest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

/** What a counter grew by in each second between two samples; null after a gap, or where it fell. */
export function ratesOf(
  samples: readonly Sample[],
  counter: 'consumed' | 'delivered' | 'died',
): (number | null)[] {
  return samples.slice(1).map((sample, index) => {
    const before = samples[index];
    if (before === undefined || sample[counter] < before[counter]) return null;
    const seconds = (sample.at - before.at) / 1000;
    return seconds > 0 ? (sample[counter] - before[counter]) / seconds : null;
  });
}
