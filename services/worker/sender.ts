import type { BatchTrigger } from '#core/delivery/batch.ts';
import type { Outcome } from '#core/outcome/answer.ts';
import { classify } from '#core/outcome/classify.ts';
import { type OpenedRecord, writeBody } from '#core/record.ts';
import { deliver, type Fate, type Later } from './deliver.ts';
import type { GraphClient } from './graph-client.ts';
import type { LaneObserver } from './observer.ts';

/** What a request of a pixel needs beside its events; a reload may change it. */
export interface Credentials {
  readonly accessToken: string;
  readonly testEventCode: string | null;
}

export interface SenderOptions {
  readonly pixelId: string;
  readonly client: GraphClient;
  readonly observer: LaneObserver;
  readonly throttleMs: number;
  readonly probeMs: number;
  /** Aborts requests under way when the worker's time to stop runs out. */
  readonly signal: AbortSignal;
}

/** Sends batches of one pixel, and remembers when it was told to wait. */
export class Sender {
  private halt: { until: number; outcome: Later } | null = null;
  private credentials: Credentials;
  private readonly options: SenderOptions;

  constructor(credentials: Credentials, options: SenderOptions) {
    this.credentials = credentials;
    this.options = options;
  }

  /** Takes up new credentials; a lane that was halted may go on at once. */
  renew(credentials: Credentials): void {
    this.credentials = credentials;
    this.proceed();
  }

  /** Sends one batch until each of its events has a fate. */
  async send(records: readonly OpenedRecord[], trigger: BatchTrigger): Promise<Fate[]> {
    this.options.observer.batch(records.length, trigger);
    return deliver(records, (part) => this.request(part));
  }

  private async request(records: readonly OpenedRecord[]): Promise<Outcome> {
    // Told to wait a moment ago: asking again would only make it longer.
    if (this.halt !== null && this.halt.until > Date.now()) return this.halt.outcome;
    const { pixelId, client, observer, signal } = this.options;
    const { accessToken, testEventCode } = this.credentials;
    const body = writeBody(records, testEventCode);
    observer.requestStarted();
    const started = performance.now();
    const answer = await client.post(pixelId, accessToken, body, signal);
    observer.requestEnded(answer, (performance.now() - started) / 1000);
    const outcome = classify(answer, Date.now());
    observer.outcome(outcome, records);
    this.remember(outcome);
    return outcome;
  }

  private remember(outcome: Outcome): void {
    const { observer, throttleMs, probeMs } = this.options;
    switch (outcome.kind) {
      case 'delivered':
        this.proceed();
        break;
      case 'throttled':
        this.halt = { until: Date.now() + (outcome.waitMs ?? throttleMs), outcome };
        observer.state('throttled', outcome.refusal.message);
        break;
      case 'blocked':
        this.halt = { until: Date.now() + probeMs, outcome };
        observer.state('blocked', outcome.refusal.message);
    }
  }

  private proceed(): void {
    if (this.halt === null) return;
    this.halt = null;
    this.options.observer.state('open', 'requests are answered again');
  }
}
