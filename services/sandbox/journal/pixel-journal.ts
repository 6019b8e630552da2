import { QualityTally } from '../quality/tally.ts';
import type { JsonObject } from '../validator/fault.ts';
import { IdCounts } from './id-counts.ts';

const REFUSALS_KEPT = 200;

/** Everything that is recorded about one pixel. */
export class PixelJournal {
  readonly ids = new IdCounts();
  readonly quality = new QualityTally();
  readonly refusals: RefusalRecord[] = [];
  /** The last accepted body, decompressed. */
  lastBody: Buffer | null = null;
  /** As `/_sandbox/state` shows it. Times in Unix ms. */
  readonly state = {
    /** Events accepted, duplicates included. */
    accepted: 0,
    /** Different pairs of event name and event id among them. */
    unique: 0,
    /** Accepted events whose pair had been accepted before. */
    duplicates: 0,
    withoutId: 0,
    /** Accepted events that came with a `test_event_code`. */
    test: 0,
    byName: noCounts(),
    requests: {
      total: 0,
      accepted: 0,
      refused: 0,
      /** Cut off by the client before the end of the body. */
      aborted: 0,
      /** Accepted, but the client did not receive the success answer. */
      unanswered: 0,
      /** In progress now, and the highest number so far. */
      inFlight: 0,
      mostInFlight: 0,
    },
    /** Events in the unanswered requests. */
    unansweredEvents: 0,
    batch: { sum: 0, max: 0, mean: 0 },
    /** Bytes of request bodies as received. */
    bytes: 0,
    /** Requests by error code, `100/2804003`, or by HTTP status without an envelope. */
    refused: noCounts(),
    refusedEvents: 0,
    /** Sentences in the `messages` of success answers. */
    warnings: 0,
    /** How often each kind of behaviour acted. */
    behaved: noCounts(),
    firstAcceptedAt: null as number | null,
    lastAcceptedAt: null as number | null,
    lastRequestAt: null as number | null,
  };

  requestBegan(now: number): void {
    const { requests } = this.state;
    requests.total += 1;
    requests.inFlight += 1;
    requests.mostInFlight = Math.max(requests.mostInFlight, requests.inFlight);
    this.state.lastRequestAt = now;
  }

  accept(
    events: readonly JsonObject[],
    body: Buffer,
    isTest: boolean,
    warnings: number,
    now: number,
  ): void {
    const { state } = this;
    const { requests, batch } = state;
    requests.accepted += 1;
    state.accepted += events.length;
    if (isTest) state.test += events.length;
    else this.quality.add(events, now);
    batch.sum = state.accepted;
    batch.max = Math.max(batch.max, events.length);
    batch.mean = batch.sum / requests.accepted;
    state.warnings += warnings;
    state.firstAcceptedAt ??= now;
    state.lastAcceptedAt = now;
    this.lastBody = body;
    for (const event of events) this.#count(event['event_name'] as string, event['event_id']);
  }

  refuse(refusal: RefusalRecord): void {
    this.state.requests.refused += 1;
    this.state.refusedEvents += refusal.events ?? 0;
    increment(this.state.refused, reasonOf(refusal));
    this.refusals.push(refusal);
    if (this.refusals.length > REFUSALS_KEPT) this.refusals.shift();
  }

  behaved(kind: string): void {
    increment(this.state.behaved, kind);
  }

  leftUnanswered(events: number): void {
    this.state.requests.unanswered += 1;
    this.state.unansweredEvents += events;
  }

  #count(eventName: string, eventId: unknown): void {
    increment(this.state.byName, eventName);
    if (typeof eventId !== 'string') this.state.withoutId += 1;
    else if (this.ids.add(eventName, eventId) === 1) this.state.unique += 1;
    else this.state.duplicates += 1;
  }
}

function reasonOf({ status, code, subcode }: RefusalRecord): string {
  if (code === null) return `HTTP ${status}`;
  return subcode === null ? `${code}` : `${code}/${subcode}`;
}

/** Without a prototype, since an event may be named `constructor`. */
function noCounts(): Record<string, number> {
  return Object.create(null) as Record<string, number>;
}

function increment(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
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
