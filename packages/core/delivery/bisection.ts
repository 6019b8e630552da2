/** Events that go in one request. */
interface Part<T> {
  readonly events: readonly T[];
  /** True once the other half of a refused request was accepted: the offender is in this one. */
  knownBad: boolean;
}

/** The parts of a batch that are still to be sent, while it is taken apart. */
export class Bisection<T> {
  private stack: Part<T>[];
  /** First parts of refused requests, and the second that belongs to each. */
  private readonly others = new Map<readonly T[], Part<T>>();

  /** @param parts in the order in which they are sent */
  constructor(parts: readonly (readonly T[])[]) {
    const filled = parts.filter((events) => events.length > 0);
    this.stack = filled.map((events) => ({ events, knownBad: false })).toReversed();
  }

  /** How many events are left. */
  get events(): number {
    return this.stack.reduce((sum, { events }) => sum + events.length, 0);
  }

  /**
   * What to send next; null when nothing is left. Of what must hold an offender only a single event
   * is sent, because it needs Meta's own words.
   */
  next(): readonly T[] | null {
    for (let part = this.stack.pop(); part !== undefined; part = this.stack.pop()) {
      if (!part.knownBad || part.events.length === 1) return part.events;
      this.bisect(part.events, null, false);
    }
    return null;
  }

  /**
   * Takes a refused request apart, see `takeApart`.
   * @param tooLarge when only its size was refused, and neither half need hold an offender
   */
  bisect(events: readonly T[], index: number | null, tooLarge: boolean): void {
    const parts = bisect(events, tooLarge ? null : index).map((part) => {
      return { events: part, knownBad: false };
    });
    this.stack.push(...parts.toReversed());
    const [first, second] = parts;
    if (first && second && !tooLarge) this.others.set(first.events, second);
  }

  /** Halves what has failed without a word about why, see {@link bisect}; one event goes as it is. */
  halve(events: readonly T[]): void {
    if (events.length > 1) this.bisect(events, null, false);
    else this.stack.push({ events, knownBad: false });
  }

  /** Notes that these were accepted. */
  markAccepted(events: readonly T[]): void {
    const other = this.others.get(events);
    if (other !== undefined) other.knownBad = true;
  }

  /**
   * Lets one event go next, alone: as it has to be judged in any case, that costs no request more.
   * @param place where among those that are left, 0 the first and 1 the last
   */
  takeOne(place: number): void {
    let before = Math.floor((this.events - 1) * place);
    const at = this.stack.findLastIndex(({ events }) => {
      if (before < events.length) return true;
      before -= events.length;
      return false;
    });
    const from = this.stack[at]?.events ?? [];
    const [drawn = from, ...rest] = bisect(from, before);
    this.stack.splice(at, 1, ...rest.map((events) => ({ events, knownBad: false })));
    this.stack.push({ events: drawn, knownBad: false });
  }
}

/**
 * How a rejected request is taken apart: into what is sent next, most suspicious first.
 *
 * With the index of the offender in Meta's answer, that event goes alone and the rest goes
 * together, so k offenders cost about 2k + 1 requests. Without it, halves, the smaller one first: no
 * more than 2·k·log₂(n/k) + 2k + 1 requests for k offenders among n, where the second half is not
 * sent as a whole once the first was accepted, because then the offender must be in it.
 *
 * A single event cannot be taken apart: it is the offender.
 */
export function bisect<T>(events: readonly T[], index: number | null): T[][] {
  if (events.length < 2) return [];
  if (index !== null && index < events.length) {
    return [
      events.slice(index, index + 1),
      [...events.slice(0, index), ...events.slice(index + 1)],
    ];
  }
  const middle = Math.floor(events.length / 2);
  return [events.slice(0, middle), events.slice(middle)];
}
