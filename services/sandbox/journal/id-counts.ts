/** An event name and id, and how often the pair was accepted. */
export interface IdCount {
  readonly eventName: string;
  readonly eventId: string;
  readonly count: number;
}

/** Counts pairs of event name and event id, and lists them in the order in which they first came. */
export class IdCounts {
  /** By the pair as JSON: one text costs less memory than an object for each of millions of pairs. */
  readonly #counts = new Map<string, number>();

  /** How many different pairs there are. */
  get size(): number {
    return this.#counts.size;
  }

  /** Counts the pair once more and returns how often it has been counted. */
  add(eventName: string, eventId: string): number {
    const pair = JSON.stringify([eventName, eventId]);
    const count = (this.#counts.get(pair) ?? 0) + 1;
    this.#counts.set(pair, count);
    return count;
  }

  *[Symbol.iterator](): Generator<IdCount> {
    for (const [pair, count] of this.#counts) {
      const [eventName, eventId] = JSON.parse(pair) as [string, string];
      yield { eventName, eventId, count };
    }
  }
}
