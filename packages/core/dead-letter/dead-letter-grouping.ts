import type { DeathFacts } from './dead-letter.ts';
import {
  type Bucket,
  bucketOf,
  type Cause,
  causeKey,
  causeOf,
  type Group,
} from './dead-letter-group.ts';

const MOST_KEYS = 5000;

/** Gathers groups from the facts of single dead letters. */
export class Grouping {
  private readonly gathered = new Map<
    string,
    { cause: Cause; events: number; died: Tally; expire: Tally }
  >();

  private readonly keys = new Map<string, string>();

  add(facts: DeathFacts): void {
    const cause = causeOf(facts);
    const key = this.keyOf(cause);
    const known = this.gathered.get(key);
    const group = known ?? { cause, events: 0, died: new Tally(), expire: new Tally() };
    if (known === undefined) this.gathered.set(key, group);
    group.events += 1;
    group.died.add(facts.diedAt);
    if (facts.horizon !== null) group.expire.add(facts.horizon * 1000);
  }

  /** Most causes come again word for word, and a fingerprint takes time. */
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
  groups(): Map<string, Group> {
    return new Map(
      [...this.gathered].map(([key, { cause, events, died, expire }]) => [
        key,
        { ...cause, events, died: died.buckets(), expire: expire.buckets() },
      ]),
    );
  }
}

class Tally {
  private readonly counts = new Map<number, number>();

  add(ms: number): void {
    const at = bucketOf(ms);
    this.counts.set(at, (this.counts.get(at) ?? 0) + 1);
  }

  buckets(): Bucket[] {
    return [...this.counts].map(([at, events]) => ({ at, events })).sort((a, b) => a.at - b.at);
  }
}
