/**
 * What came back for a request, before anybody judged it.
 *
 * `unanswered` covers everything without a complete HTTP answer. `sent` tells whether the whole
 * request may have reached Meta: if it may, nobody knows whether its events were taken.
 */
export type GraphAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Names in lower case. */
      readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
      readonly body: string;
    }
  | {
      readonly kind: 'unanswered';
      readonly cause: 'timeout' | 'network' | 'stopped';
      readonly sent: boolean;
      /** Such as `ECONNRESET`; never a URL or a payload. */
      readonly code: string;
    };

/** Meta's own words about a refusal, fit to be kept beside a dead letter. */
export interface MetaError {
  readonly status: number;
  readonly code: number | null;
  readonly subcode: number | null;
  readonly message: string;
  readonly traceId: string | null;
  /** Position in the request of the event that Meta named, if it named one. */
  readonly index: number | null;
}

/**
 * What became of a batch, named by what the caller must do.
 *
 * - `delivered`: Meta took all of it.
 * - `retry`: later, perhaps it works; an attempt counts. `unknown` when Meta may have taken it.
 * - `throttled`: wait `waitMs`; nobody's fault, no attempt counts. Null: Meta did not say.
 * - `blocked`: a person must mend token, permission or setting; no attempt counts.
 * - `rejected`: never accepted as it is; take the batch apart.
 */
export type Outcome =
  | { readonly kind: 'delivered'; readonly received: number | null; readonly warnings: number }
  | { readonly kind: 'retry'; readonly unknown: boolean; readonly refusal: MetaError }
  | { readonly kind: 'throttled'; readonly waitMs: number | null; readonly refusal: MetaError }
  | { readonly kind: 'blocked'; readonly refusal: MetaError }
  | {
      readonly kind: 'rejected';
      readonly refusal: MetaError;
      /** True when the request was too large rather than wrong: halve it, nobody is to blame. */
      readonly tooLarge: boolean;
      /** The field of an event that Meta's words blame; null where they name none. */
      readonly field: string | null;
    };

export const OUTCOME_KINDS = ['delivered', 'retry', 'throttled', 'blocked', 'rejected'] as const;
