/** After this many failed requests in a row, a single event is sent as a test. */
const UNPROVEN = 2;
/** A turn ends after this many in a row; the number doubles with each further attempt. */
const MOST_UNPROVEN = 4;
/** After this many failures an envelope is sent alone. */
export const ISOLATE_AFTER = 2;
/** A turn may cost as many requests as isolating this many offenders. */
const OFFENDERS_A_TURN = 16;

/** An envelope that has failed and may hold offenders. */
export interface FailedEnvelope {
  /** Attempts that counted. */
  readonly failures: number;
  /** Whether each of its events failed alone while other events of the lane were accepted. */
  readonly isolated: boolean;
}

/** A failed request of several events, and how many requests of the lane had succeeded when it began. */
interface Failed<T> {
  readonly events: readonly T[];
  readonly accepted: number;
}

/**
 * Decides whether failing requests are the fault of their events or of the lane; a temporary error does
 * not tell. Events are suspected only once Meta has accepted something else of the lane since their
 * request began. Where no other traffic shows that, a single event is sent as a test: most events are
 * good, so if it fails too, the lane probably does.
 *
 * A turn in which everything fails ends after four requests and costs an attempt. The next turn may
 * test twice as many events, so that each event has been sent alone before the envelope is out of
 * attempts.
 */
export class PoisonSearch<T> {
  private pending: Failed<T>[] = [];
  private inARow = 0;
  private left: number;
  private patience: number;

  /**
   * @param events how many may be suspected
   * @param suspect null where no failed envelope is among them
   */
  constructor(events: number, suspect: FailedEnvelope | null) {
    const { failures } = suspect ?? { failures: 0 };
    const n = Math.max(events, 1);
    const growth = 2 ** Math.max(failures - ISOLATE_AFTER, 0);
    this.left = mostRequests(n, Math.min(n, OFFENDERS_A_TURN)) * growth;
    this.patience = MOST_UNPROVEN * growth;
  }

  /** Failed requests since the last success. */
  get unproven(): number {
    return this.inARow;
  }

  /** Uses one request; false when the turn has cost enough, and the rest waits for another turn. */
  spend(): boolean {
    this.left -= 1;
    return this.left >= 0 && this.inARow < this.patience;
  }

  /** Each success allows one more failure, and two more requests. */
  accepted(): void {
    this.inARow = 0;
    this.patience += 1;
    this.left += 2;
  }

  /** @param accepted successful requests of the lane when this one began */
  failed(events: readonly T[], accepted: number): void {
    if (events.length > 1) this.pending.push({ events, accepted });
    this.inARow += 1;
  }

  /**
   * The requests that failed while the lane delivered others: their events must be bisected.
   * @param accepted successful requests of the lane by now
   */
  contradicted(accepted: number): readonly (readonly T[])[] {
    const contradicted = this.pending.filter((failed) => failed.accepted < accepted);
    if (contradicted.length === 0) return [];
    this.pending = this.pending.filter((failed) => failed.accepted >= accepted);
    this.inARow = 0;
    return contradicted.map(({ events }) => events);
  }

  /**
   * Whether the lane must prove that it delivers before more than one event is sent.
   * @param unsent events that have not been sent yet
   */
  needsProof(unsent: number): boolean {
    return this.pending.length > 0 && (this.inARow >= UNPROVEN || unsent === 0);
  }

  /** How many events the largest failed request has. */
  get largest(): number {
    return this.pending.reduce((most, { events }) => Math.max(most, events.length), 0);
  }

  /**
   * Takes one event as a test from the largest failed request.
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

/** The maximum number of requests to isolate k offenders among n events. */
export function mostRequests(n: number, k: number): number {
  return Math.ceil(2 * k * Math.log2(n / k) + 3 * k + 4);
}
