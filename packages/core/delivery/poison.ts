/** So many requests in a row without a good answer, and one event alone is sent as a test. */
const UNPROVEN = 2;
/** A turn ends after so many in a row; twice as many with each further attempt. */
const MOST_UNPROVEN = 4;
/** Failures after which an envelope is a suspect. */
export const ISOLATE_AFTER = 2;
/** A turn is bounded by what it takes to isolate so many offenders. */
const OFFENDERS_A_TURN = 16;

/** What is known of an envelope that may hold offenders. */
export interface FailedEnvelope {
  /** Attempts that were counted. */
  readonly failures: number;
  /** Whether each of its events has failed alone, while others of the lane were accepted. */
  readonly isolated: boolean;
}

/** A request of several events that failed, and how many of the lane were accepted when it began. */
interface Failed<T> {
  readonly events: readonly T[];
  readonly accepted: number;
}

/**
 * Decides whether the events of requests that fail are to blame, or the lane: a failure that calls
 * itself temporary says neither. Events are suspected only once Meta has accepted something else of
 * the lane since their request began. Where no other traffic shows that, a single event is sent as a
 * test: most events are innocent, so if it fails too, so perhaps does the lane.
 *
 * A turn in which everything fails ends after four requests. With each attempt that it costs the next
 * one may test twice as many events, so that before an envelope is out of attempts each of its events
 * has been sent alone.
 */
export class PoisonSearch<T> {
  private pending: Failed<T>[] = [];
  private inARow = 0;
  private left: number;
  private patience: number;

  /**
   * @param events how many may be suspected
   * @param suspect null where none is
   */
  constructor(events: number, suspect: FailedEnvelope | null) {
    const { failures } = suspect ?? { failures: 0 };
    const n = Math.max(events, 1);
    const growth = 2 ** Math.max(failures - ISOLATE_AFTER, 0);
    this.left = mostRequests(n, Math.min(n, OFFENDERS_A_TURN)) * growth;
    this.patience = MOST_UNPROVEN * growth;
  }

  /** Requests without a good answer since the last one that had one. */
  get unproven(): number {
    return this.inARow;
  }

  /** Uses up one request; false when this turn has cost enough, and what is left comes in another. */
  spend(): boolean {
    this.left -= 1;
    return this.left >= 0 && this.inARow < this.patience;
  }

  /** Each request that is answered well allows for one more that is not, and for two at all. */
  accepted(): void {
    this.inARow = 0;
    this.patience += 1;
    this.left += 2;
  }

  /** @param accepted requests of the lane that had been accepted when this one began */
  failed(events: readonly T[], accepted: number): void {
    if (events.length > 1) this.pending.push({ events, accepted });
    this.inARow += 1;
  }

  /**
   * Requests that failed while the lane delivered others: their events are to be sent apart.
   * @param accepted requests of the lane that are accepted by now
   */
  contradicted(accepted: number): readonly (readonly T[])[] {
    const contradicted = this.pending.filter((failed) => failed.accepted < accepted);
    if (contradicted.length === 0) return [];
    this.pending = this.pending.filter((failed) => failed.accepted >= accepted);
    this.inARow = 0;
    return contradicted.map(({ events }) => events);
  }

  /**
   * Whether the lane has to show that it delivers before more than one event is sent.
   * @param unsent events that are not sent yet
   */
  needsProof(unsent: number): boolean {
    return this.pending.length > 0 && (this.inARow >= UNPROVEN || unsent === 0);
  }

  /** How many events the largest request has that failed. */
  get largest(): number {
    return this.pending.reduce((most, { events }) => Math.max(most, events.length), 0);
  }

  /**
   * Draws one event as a test from the largest request that failed.
   * @param random in [0, 1)
   */
  sample(random: number): T | null {
    const { largest } = this;
    const from = this.pending.findIndex(({ events }) => events.length === largest);
    const failed = this.pending[from];
    if (failed === undefined) return null;
    const at = Math.floor(random * largest);
    const events = failed.events.toSpliced(at, 1);
    this.pending.splice(from, 1, ...(events.length === 0 ? [] : [{ ...failed, events }]));
    return failed.events[at] ?? null;
  }
}

/** How many requests it takes at the most to isolate k offenders among n events. */
export function mostRequests(n: number, k: number): number {
  return Math.ceil(2 * k * Math.log2(n / k) + 3 * k + 4);
}
