import type { Outcome } from '#core/outcome/answer.ts';
import { classify } from '#core/outcome/classify.ts';
import { type SendableRecord, writeBody } from '#core/record/record.ts';
import { type RequestSettings, requestMembers } from '#core/record/request-members.ts';
import type { GraphClient } from '#graph/client.ts';
import type { Capacity } from './capacity.ts';
import { testCodeOf } from './test-codes.ts';

/**
 * Of all pixels of a worker: each holds a whole request in memory, and a dataset may hang until the time
 * limit of every request.
 */
const MOST_COPIES = 16;

/** A dataset for tests that gets copies of a pixel's requests. */
export interface ShadowSettings extends RequestSettings {
  readonly pixelId: string;
  /** Of the delivered requests, above 0 and at most 1. */
  readonly share: number;
}

export interface ShadowDeps {
  readonly shadowClient: GraphClient;
  readonly capacity: Pick<Capacity, 'copies'>;
  readonly observer: { onShadow(outcome: Outcome['kind'] | 'dropped'): void };
  readonly signal: AbortSignal;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/**
 * Copies a share of what Meta accepted for a pixel to its shadow. Nothing waits for a copy, and its
 * answer changes nothing: one is under way at a time, and {@link MOST_COPIES} in all lanes of a worker.
 * Others are dropped meanwhile.
 */
export class Shadow {
  /** Null for a pixel without a shadow; a reload may change it. */
  settings: ShadowSettings | null = null;
  private busy = false;
  private readonly deps: ShadowDeps;

  constructor(deps: ShadowDeps) {
    this.deps = deps;
  }

  copy(records: readonly SendableRecord[]): void {
    const { settings } = this;
    const { random = Math.random, observer, capacity } = this.deps;
    const isTest = testCodeOf(records) !== null;
    if (settings === null || isTest || random() >= settings.share) return;
    if (this.busy || capacity.copies >= MOST_COPIES) observer.onShadow('dropped');
    else void this.send(records, settings);
  }

  private async send(records: readonly SendableRecord[], settings: ShadowSettings): Promise<void> {
    const { shadowClient, observer, signal, capacity } = this.deps;
    const { pixelId, accessToken } = settings;
    this.busy = true;
    capacity.copies += 1;
    const body = writeBody(records, requestMembers(settings));
    const answer = await shadowClient.post(pixelId, accessToken, body, signal);
    this.busy = false;
    capacity.copies -= 1;
    if (!signal.aborted) observer.onShadow(classify(answer, Date.now(), accessToken).kind);
  }
}
