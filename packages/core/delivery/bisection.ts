/** The events of one request. */
interface Part<T> {
  readonly events: readonly T[];
  /** True once the other half of a rejected request was accepted: this half holds the offender. */
  knownBad: boolean;
}

/** The parts of a batch that are still to be sent while it is bisected. */
export class Bisection<T> {
  private stack: Part<T>[];
  /** First half of a rejected request → its second half. */
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
   * What to send next; null when nothing is left. A part that must hold an offender is sent only as a
   * single event, because its dead letter needs Meta's message about it.
   */
  next(): readonly T[] | null {
    for (let part = this.stack.pop(); part !== undefined; part = this.stack.pop()) {
      if (!part.knownBad || part.events.length === 1) return part.events;
      this.bisect(part.events, null, false);
    }
    return null;
  }

  /**
   * Bisects a rejected request, see {@link bisect}.
   * @param tooLarge when only its size was rejected, so that neither half need hold an offender
   */
  bisect(events: readonly T[], index: number | null, tooLarge: boolean): void {
    const parts = bisect(events, tooLarge ? null : index).map((part) => {
      return { events: part, knownBad: false };
    });
    this.stack.push(...parts.toReversed());
    const [first, second] = parts;
    if (first && second && !tooLarge) this.others.set(first.events, second);
  }

  /** Halves a request that failed for no stated reason; a single event is queued as it is. */
  halve(events: readonly T[]): void {
    if (events.length > 1) this.bisect(events, null, false);
    else this.stack.push({ events, knownBad: false });
  }

  /** Notes that these events were accepted. */
  markAccepted(events: readonly T[]): void {
    const other = this.others.get(events);
    if (other !== undefined) other.knownBad = true;
  }

  /**
   * Puts one event next, alone. It needs an answer of its own in any case, so this costs no extra request.
   * @param place its position among the events left, 0 the first and 1 the last
   */
  takeOne(place: number): void {
    let before = Math.floor((this.events - 1) * place);
    const at = this.stack.findLastIndex(({ events }) => {
      if (before < events.length) return true;
      before -= events.length;
      return false;
    });
    const from = this.stack[at]?.events ?? [];
    const [taken = from, ...rest] = bisect(from, before);
    this.stack.splice(at, 1, ...rest.map((events) => ({ events, knownBad: false })));
    this.stack.push({ events: taken, knownBad: false });
  }
}

/**
 * Splits a rejected request into what is sent next, the most suspicious part first.
 *
 * If Meta's answer names the index of the offender, that event goes alone and the rest together: k
 * offenders cost about 2k + 1 requests. Otherwise it is halved, the smaller half first: at most
 * 2·k·log₂(n/k) + 2k + 1 requests for k offenders among n events, because the second half is not sent as
 * a whole once the first was accepted: then it must hold the offender.
 *
 * A single event cannot be split: it is the offender.
 */
export function bisect<T>(events: readonly T[], index: number | null): T[][] {
  if (events.length < 2) return [];
  if (index !== null && index < events.length) {
    return [events.slice(index, index + 1), events.toSpliced(index, 1)];
  }
  const middle = Math.floor(events.length / 2);
  return [events.slice(0, middle), events.slice(middle)];
}
