import type { JsonObject } from '../validator/fault.ts';
import { IdCounts } from './id-counts.ts';

const REFUSALS_KEPT = 200;

/** Everything that is recorded about one pixel. */
export class PixelJournal {
  readonly ids = new IdCounts();
  readonly refusals: RefusalRecord[] = [];
  /** The last accepted body, decompressed. */
  lastBody: Buffer | null = null;
  #accepted = 0;
  #withoutId = 0;
  #test = 0;
  #byName = new Map<string, number>();
  #requests = { total: 0, accepted: 0, refused: 0, aborted: 0, unanswered: 0 };
  #inFlight = 0;
  #mostInFlight = 0;
  #unansweredEvents = 0;
  #largest = 0;
  #bytes = 0;
  #refused = new Map<string, number>();
  #refusedEvents = 0;
  #warnings = 0;
  #behaved = new Map<string, number>();
  #firstAcceptedAt: number | null = null;
  #lastAcceptedAt: number | null = null;
  #lastRequestAt: number | null = null;

  requestBegan(now: number): void {
    this.#requests.total += 1;
    this.#lastRequestAt = now;
    this.#inFlight += 1;
    this.#mostInFlight = Math.max(this.#mostInFlight, this.#inFlight);
  }

  requestEnded(): void {
    this.#inFlight -= 1;
  }

  bodyRead(bytes: number): void {
    this.#bytes += bytes;
  }

  aborted(): void {
    this.#requests.aborted += 1;
  }

  accept(
    events: readonly JsonObject[],
    body: Buffer,
    isTest: boolean,
    warnings: number,
    now: number,
  ): void {
    this.#requests.accepted += 1;
    this.#accepted += events.length;
    this.#largest = Math.max(this.#largest, events.length);
    this.#warnings += warnings;
    if (isTest) this.#test += events.length;
    this.#firstAcceptedAt ??= now;
    this.#lastAcceptedAt = now;
    this.lastBody = body;
    for (const event of events) this.#count(event['event_name'] as string, event['event_id']);
  }

  refuse(refusal: RefusalRecord): void {
    this.#requests.refused += 1;
    this.#refusedEvents += refusal.events ?? 0;
    increment(this.#refused, reasonOf(refusal));
    this.refusals.push(refusal);
    if (this.refusals.length > REFUSALS_KEPT) this.refusals.shift();
  }

  behaved(kind: string): void {
    increment(this.#behaved, kind);
  }

  leftUnanswered(events: number): void {
    this.#requests.unanswered += 1;
    this.#unansweredEvents += events;
  }

  state(): PixelState {
    const withId = this.#accepted - this.#withoutId;
    const mean = this.#requests.accepted === 0 ? 0 : this.#accepted / this.#requests.accepted;
    return {
      accepted: this.#accepted,
      unique: this.ids.size,
      duplicates: withId - this.ids.size,
      withoutId: this.#withoutId,
      test: this.#test,
      byName: Object.fromEntries(this.#byName),
      requests: { ...this.#requests, inFlight: this.#inFlight, mostInFlight: this.#mostInFlight },
      unansweredEvents: this.#unansweredEvents,
      batch: { sum: this.#accepted, max: this.#largest, mean },
      bytes: this.#bytes,
      refused: Object.fromEntries(this.#refused),
      refusedEvents: this.#refusedEvents,
      warnings: this.#warnings,
      behaved: Object.fromEntries(this.#behaved),
      firstAcceptedAt: this.#firstAcceptedAt,
      lastAcceptedAt: this.#lastAcceptedAt,
      lastRequestAt: this.#lastRequestAt,
    };
  }

  #count(eventName: string, eventId: unknown): void {
    increment(this.#byName, eventName);
    if (typeof eventId === 'string') this.ids.add(eventName, eventId);
    else this.#withoutId += 1;
  }
}

function reasonOf(refusal: RefusalRecord): string {
  if (refusal.code === null) return `HTTP ${refusal.status}`;
  return refusal.subcode === null ? `${refusal.code}` : `${refusal.code}/${refusal.subcode}`;
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** What the sandbox knows about one pixel, as `/_sandbox/state` shows it. Times in Unix ms. */
export interface PixelState {
  /** Events accepted, duplicates included. */
  readonly accepted: number;
  /** Different pairs of event name and event id among them. */
  readonly unique: number;
  /** Accepted events whose pair had been accepted before. */
  readonly duplicates: number;
  readonly withoutId: number;
  /** Accepted events that came with a `test_event_code`. */
  readonly test: number;
  readonly byName: Readonly<Record<string, number>>;
  readonly requests: {
    readonly total: number;
    readonly accepted: number;
    readonly refused: number;
    /** Cut off by the client before the end of the body. */
    readonly aborted: number;
    /** In progress now, and the highest number so far. */
    readonly inFlight: number;
    readonly mostInFlight: number;
    /** Accepted, but the client did not receive the success answer. */
    readonly unanswered: number;
  };
  /** Events in the unanswered requests. */
  readonly unansweredEvents: number;
  readonly batch: { readonly sum: number; readonly max: number; readonly mean: number };
  /** Bytes of request bodies as received. */
  readonly bytes: number;
  /** Requests by error code, `100/2804003`, or by HTTP status without an envelope. */
  readonly refused: Readonly<Record<string, number>>;
  readonly refusedEvents: number;
  /** Sentences in the `messages` of success answers. */
  readonly warnings: number;
  /** How often each kind of behaviour acted. */
  readonly behaved: Readonly<Record<string, number>>;
  readonly firstAcceptedAt: number | null;
  readonly lastAcceptedAt: number | null;
  readonly lastRequestAt: number | null;
}

/** The record of a refusal. */
interface RefusalRecord {
  readonly at: number;
  readonly status: number;
  readonly code: number | null;
  readonly subcode: number | null;
  readonly message: string | null;
  readonly traceId: string;
  /** Events in the request; null when it could not be read. */
  readonly events: number | null;
  readonly index: number | null;
}
