import { hash } from 'node:crypto';
import type { NewDeadLetterFacts } from './dead-letter.ts';

/** The cause that the dead letters of a group share. */
export interface Cause {
  readonly pixelId: string | null;
  readonly stage: string;
  readonly reason: string;
  /** Meta's code and subcode; null where there is none. */
  readonly code: number | null;
  readonly subcode: number | null;
  /** The message of one of them; Meta's where Meta rejected it. */
  readonly message: string;
}

/** How many are created, or expire, within {@link BUCKET_MS} from `at`. */
export interface Bucket {
  /** Unix ms. */
  readonly at: number;
  readonly events: number;
}

/** A group as it is stored; its times have a resolution of ten minutes. */
export interface CauseGroup extends Cause {
  readonly events: number;
  /** When they were created, the oldest first. */
  readonly died: readonly Bucket[];
  /** When they expire, the soonest first; dead letters of unknown time are in no bucket. */
  readonly expire: readonly Bucket[];
}

export const BUCKET_MS = 600_000;

/** How much of a message is read, in characters. */
const MOST_READ = 2000;
const LONGEST_FINGERPRINT = 120;
const QUOTED = /"[^"]*"|'[^']*'|“[^“”]*”/g;
const HEX = /\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi;
const NUMBER = /\d+/g;

/** A message without the parts that differ between dead letters of the same cause. */
export function fingerprint(message: string): string {
  return message
    .slice(0, MOST_READ)
    .replace(QUOTED, '…')
    .replace(HEX, 'n')
    .replace(NUMBER, 'n')
    .toLowerCase()
    .trim()
    .slice(0, LONGEST_FINGERPRINT);
}

export function causeOf({ pixelId, stage, reason, message, refusal }: NewDeadLetterFacts): Cause {
  const { code = null, subcode = null, message: words = message } = refusal ?? {};
  return { pixelId, stage, reason, code, subcode, message: words };
}

/** The key of a cause; equal causes have equal keys. */
export function causeKey({ pixelId, stage, reason, code, subcode, message }: Cause): string {
  return JSON.stringify([pixelId, stage, reason, code, subcode, fingerprint(message)]);
}

const NAME_LENGTH = 12;

/** The name of a cause, from its key: short, and the same for the same cause. */
export function groupName(key: string): string {
  return hash('sha256', key, 'base64url').slice(0, NAME_LENGTH);
}

/** The bucket that a time in Unix ms falls into. */
export function bucketOf(ms: number): number {
  return Math.floor(ms / BUCKET_MS) * BUCKET_MS;
}

const HOUR_MS = 3_600_000;

/** How many dead letters can still be sent, and for how long. */
export interface ExpiryCounts {
  readonly expired: number;
  /** Cumulative: 72 hours include 24. */
  readonly within: Readonly<Record<'24h' | '72h' | '168h', number>>;
  /** Unix ms at which the next one expires; null when none is known. */
  readonly next: number | null;
}

/** `now` is Unix ms. */
export function expiryCounts(
  groups: readonly Pick<CauseGroup, 'expire'>[],
  now: number,
): ExpiryCounts {
  let expired = 0;
  let next: number | null = null;
  const within = { '24h': 0, '72h': 0, '168h': 0 };
  for (const { at, events } of groups.flatMap(({ expire }) => expire)) {
    if (at + BUCKET_MS <= now) {
      expired += events;
      continue;
    }
    next = Math.min(next ?? at, at);
    for (const hours of [24, 72, 168] as const) {
      if (at < now + hours * HOUR_MS) within[`${hours}h`] += events;
    }
  }
  return { expired, within, next: next === null ? null : Math.max(next, now) };
}

const MOST_KEYS = 5000;

/** Builds groups from the facts of single dead letters. */
export class CauseGrouping {
  private readonly gathered = new Map<
    string,
    { cause: Cause; events: number; died: BucketCounts; expire: BucketCounts }
  >();

  private readonly keys = new Map<string, string>();

  add(facts: NewDeadLetterFacts): void {
    const cause = causeOf(facts);
    const key = this.keyOf(cause);
    const known = this.gathered.get(key);
    const group = known ?? {
      cause,
      events: 0,
      died: new BucketCounts(),
      expire: new BucketCounts(),
    };
    if (known === undefined) this.gathered.set(key, group);
    group.events += 1;
    group.died.add(facts.diedAt);
    if (facts.horizon !== null) group.expire.add(facts.horizon * 1000);
  }

  /** Caches keys, because most causes repeat verbatim and a fingerprint is slow. */
  private keyOf(cause: Cause): string {
    const { pixelId, reason, code, subcode, stage, message } = cause;
    const words = `${pixelId} ${stage} ${reason} ${code} ${subcode} ${message}`;
    const known = this.keys.get(words);
    if (known !== undefined) return known;
    const key = causeKey(cause);
    if (this.keys.size < MOST_KEYS) this.keys.set(words, key);
    return key;
  }

  /** By cause key. */
  groups(): Map<string, CauseGroup> {
    return new Map(
      [...this.gathered].map(([key, { cause, events, died, expire }]) => [
        key,
        { ...cause, events, died: died.buckets(), expire: expire.buckets() },
      ]),
    );
  }
}

class BucketCounts {
  private readonly counts = new Map<number, number>();

  add(ms: number): void {
    const at = bucketOf(ms);
    this.counts.set(at, (this.counts.get(at) ?? 0) + 1);
  }

  buckets(): Bucket[] {
    return [...this.counts].map(([at, events]) => ({ at, events })).sort((a, b) => a.at - b.at);
  }
}
