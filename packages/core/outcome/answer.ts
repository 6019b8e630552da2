/**
 * The raw result of a request.
 *
 * `unanswered` covers everything without a complete HTTP answer. `sent` tells whether the whole
 * request may have reached Meta; then it is unknown whether Meta accepted its events.
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

/** Meta's error, in a form that may be kept with a dead letter. */
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
 * The outcome of a request, named by what the caller must do.
 *
 * - `delivered`: Meta accepted all events.
 * - `retry`: may succeed later; costs an attempt. `unknown` when Meta may have accepted it.
 * - `throttled`: wait `waitMs`, null where Meta does not say; costs no attempt.
 * - `blocked`: a person must fix token, permission or setting; costs no attempt.
 * - `rejected`: Meta never accepts it as it is; bisect the batch.
 */
export type Outcome =
  | { readonly kind: 'delivered'; readonly received: number | null; readonly warnings: number }
  | { readonly kind: 'retry'; readonly unknown: boolean; readonly refusal: MetaError }
  | { readonly kind: 'throttled'; readonly waitMs: number | null; readonly refusal: MetaError }
  | { readonly kind: 'blocked'; readonly refusal: MetaError }
  | {
      readonly kind: 'rejected';
      readonly refusal: MetaError;
      /** True when the request was too large rather than wrong: halve it, no event is to blame. */
      readonly tooLarge: boolean;
      /** The field that Meta's message names as wrong; null where it names none. */
      readonly field: string | null;
    };

export const OUTCOME_KINDS = ['delivered', 'retry', 'throttled', 'blocked', 'rejected'] as const;
