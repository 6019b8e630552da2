import type { BatchTrigger } from '#core/delivery/batch.ts';
import { drawProbe, probeSize } from '#core/delivery/halt.ts';
import { OffenderPatterns } from '#core/delivery/offender-patterns.ts';
import type { FailedEnvelope } from '#core/delivery/poison.ts';
import {
  afterAccepted,
  afterRejected,
  EMPTY_HISTORY,
  nearlyAllRejected,
  type RejectionHistory,
  type RejectionPolicy,
  rejectionReason,
} from '#core/delivery/rejections.ts';
import { isTooLate } from '#core/event/horizon.ts';
import type { MetaError, Outcome } from '#core/outcome/answer.ts';
import { classify } from '#core/outcome/classify.ts';
import { usageOf } from '#core/outcome/rate-headers.ts';
import { type SendableRecord, writeBody } from '#core/record/record.ts';
import type { BatchSpan, Tracing } from '#tracing/tracing.ts';
import type { GraphClient } from '../graph-client.ts';
import { countResults, type DeliveryRules, type EventResult } from './delivery-rules.ts';
import type { LaneObserver } from './observer.ts';
import { deliver } from './sender.ts';
import type { LaneState } from './state.ts';

/** What a request of a pixel needs beside its events; a reload may change it. */
export interface Credentials {
  readonly accessToken: string;
  readonly testEventCode: string | null;
}

export interface SenderOptions {
  readonly pixelId: string;
  readonly client: GraphClient;
  readonly tracing: Pick<Tracing, 'batch'>;
  readonly control: LaneState;
  readonly observer: LaneObserver;
  readonly rejections: RejectionPolicy;
  /** Events of the request that probes a lane. */
  readonly probeEvents: number;
  /** How long before its horizon an event is given up, in ms. */
  readonly marginMs: number;
  /** Aborts requests under way when the worker's time to stop runs out. */
  readonly signal: AbortSignal;
}

/** Sends batches of one pixel as its lane allows. */
export class Sender {
  private credentials: Credentials;
  private judged: RejectionHistory = EMPTY_HISTORY;
  private underWay = 0;
  private deliveries = 0;
  private readonly screening = new OffenderPatterns();
  private readonly options: SenderOptions;

  constructor(credentials: Credentials, options: SenderOptions) {
    this.credentials = credentials;
    this.options = options;
  }

  renew(credentials: Credentials): void {
    this.credentials = credentials;
    this.judged = EMPTY_HISTORY;
  }

  /**
   * Sends one batch until each of its events has a fate.
   * @param confirm see `DeliveryRules`
   * @param suspect see `deliver`
   */
  async send(
    records: readonly SendableRecord[],
    trigger: BatchTrigger,
    confirm: DeliveryRules['confirm'],
    suspect: FailedEnvelope | null,
  ): Promise<EventResult[]> {
    const { observer, tracing, pixelId } = this.options;
    observer.batch(records.length, trigger);
    const span = tracing.batch({ pixelId, trigger, records });
    const fates = await deliver(records, { ...this.rules(span), confirm }, suspect);
    span?.end(countResults(fates));
    return fates;
  }

  private rules(span: BatchSpan | null): Omit<DeliveryRules, 'confirm'> {
    const { control, rejections, marginMs } = this.options;
    const probing = control.phase === 'probing';
    return {
      tooLate: ({ horizon }) => isTooLate(horizon, Date.now(), marginMs),
      divide: (records) => (probing ? this.withProbe(records) : [records]),
      separate: (records) => this.separate(records),
      send: (records, suspect) => this.request(records, span, suspect),
      deliveries: () => this.deliveries,
      failed: (outcome) => control.failed(outcome),
      random: Math.random,
      accepted: (records) => {
        this.deliveries += 1;
        this.screening.accepted(records);
        this.judged = afterAccepted(this.judged, records.length, rejections);
      },
      refused: (record, { refusal, field }, batch) => {
        this.screening.refused(record, field);
        this.judged = afterRejected(this.judged, refusal, rejections);
        return (
          control.phase === 'active' && nearlyAllRejected(this.judged, batch, refusal, rejections)
        );
      },
      reassured: () => {
        this.judged = EMPTY_HISTORY;
      },
      block: (refusal) => this.block(refusal),
      doubtful: () => probing && control.standing?.rejecting === true,
      halted: () => control.phase !== 'active',
      behindMs: () => (probing ? this.behindMs() : null),
    };
  }

  /** Another probe each time: the events of the last one may be why it failed. */
  private withProbe(records: readonly SendableRecord[]): readonly (readonly SendableRecord[])[] {
    const { probeEvents, control } = this.options;
    const events = probeSize(control.standing, probeEvents);
    return drawProbe(records, events, Math.random());
  }

  private separate(records: readonly SendableRecord[]): readonly (readonly SendableRecord[])[] {
    const parts = this.screening.separate(records);
    const [suspects = [], others] = parts;
    if (others !== undefined) this.options.observer.screened(suspects.length);
    return parts;
  }

  private async block(refusal: MetaError): Promise<void> {
    const why = `nearly everything is refused with ${rejectionReason(refusal)}: ${refusal.message}`;
    this.judged = EMPTY_HISTORY;
    await this.options.control.block(why);
  }

  /** What failed to probe the lane makes room: the next probe is another envelope. */
  private behindMs(): number | null {
    const { standing } = this.options.control;
    if (standing === null || !(standing.rejecting || standing.state === 'failing')) return null;
    return Math.max(standing.until - Date.now(), 0);
  }

  private async request(
    records: readonly SendableRecord[],
    span: BatchSpan | null,
    suspect: boolean,
  ): Promise<Outcome | null> {
    const { pixelId, client, control, observer, signal } = this.options;
    const ticket = control.begin();
    if (ticket.phase === 'halted' || records.length === 0) return null;
    const { credentials } = this;
    const body = writeBody(records, credentials.testEventCode);
    observer.requestStarted();
    this.underWay += 1;
    const started = performance.now();
    const traced = span?.request(records.length);
    const answer = await client.post(pixelId, credentials.accessToken, body, signal);
    if (answer.kind === 'answered') traced?.end(answer.status, null);
    else traced?.end(null, answer.cause);
    observer.requestEnded(answer, (performance.now() - started) / 1000);
    const outcome = classify(answer, Date.now(), credentials.accessToken);
    observer.outcome(outcome, records);
    const usage = usageOf(answer);
    const course = { events: records.length, underWay: this.underWay, usage, suspect };
    this.underWay -= 1;
    // Our own stop says nothing of the lane, and neither does a token that has been replaced since.
    if (signal.aborted) return outcome;
    if (outcome.kind === 'blocked' && credentials !== this.credentials)
      return this.request(records, span, suspect);
    await control.heard(outcome, ticket, course);
    return outcome;
  }
}
