import type { GraphError } from '../graph-error.ts';
import type { IndexShown } from '../validator/fault.ts';

/**
 * When a behaviour acts. Events are journalled between `before_judging` and `after_accepting`, so
 * the stage determines whether the events of the affected request are accepted.
 */
export const STAGES = ['before_reading', 'before_judging', 'after_accepting'] as const;
export type Stage = (typeof STAGES)[number];

/** Percentages as the usage headers show them, and minutes until access is regained. */
export interface Usage {
  readonly callCount: number;
  readonly totalCpuTime: number;
  readonly totalTime: number;
  readonly regainMinutes: number;
}

/** An answer that replaces the true one. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** For the usage headers; null leaves them unchanged. */
  readonly usage: Usage | null;
  readonly body:
    | { readonly kind: 'error'; readonly error: GraphError }
    | { readonly kind: 'text'; readonly contentType: string; readonly text: string }
    /** The success answer, its `messages` padded by this many bytes. */
    | { readonly kind: 'padded_success'; readonly bytes: number };
}

/** Selects events of a request: all given conditions must hold. */
export interface EventMatch {
  readonly eventIds: ReadonlySet<string> | null;
  readonly eventNames: ReadonlySet<string> | null;
  readonly indexes: ReadonlySet<number> | null;
}

/** The actions that the kinds of behaviours become. */
export type Action =
  | { readonly do: 'wait'; readonly stage: Stage; readonly ms: readonly [number, number] }
  | { readonly do: 'hang'; readonly stage: Stage }
  | { readonly do: 'reset'; readonly stage: Stage }
  | { readonly do: 'answer'; readonly stage: Stage; readonly reply: Reply }
  | {
      readonly do: 'truncate';
      readonly stage: Stage;
      /** The part that is sent, 0 to 1. */
      readonly keep: number;
    }
  | {
      readonly do: 'limit';
      readonly maxEvents: number | null;
      readonly maxBytes: number | null;
      readonly reply: Reply;
    }
  | {
      readonly do: 'refuse_event';
      readonly match: EventMatch;
      readonly error: GraphError;
      /** Whether the message names the event's index. */
      readonly named: boolean;
    }
  | { readonly do: 'show_index'; readonly shown: IndexShown }
  | { readonly do: 'show_usage'; readonly usage: Usage };

/** A behaviour as it was added. */
export interface Behaviour {
  /** A pixel id, or `*` for all. */
  readonly pixel: string;
  readonly kind: string;
  readonly probability: number;
  /** How many times it acts; null for no limit. */
  readonly times: number | null;
  readonly action: Action;
}
