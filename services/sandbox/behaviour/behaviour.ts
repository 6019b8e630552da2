import type { GraphError } from '../graph-error.ts';
import type { IndexShown } from '../validator/fault.ts';

/**
 * When a behaviour acts. Events are journalled between `before_judging` and `after_accepting`, so
 * the stage says whether the events of a request that was spoiled have been taken.
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

/** What is answered in place of the truth. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** For the usage headers; null shows what any other answer would. */
  readonly usage: Usage | null;
  readonly body:
    | { readonly kind: 'error'; readonly error: GraphError }
    | { readonly kind: 'text'; readonly contentType: string; readonly text: string }
    /** The success answer, its `messages` padded by this many bytes. */
    | { readonly kind: 'padded_success'; readonly bytes: number };
}

/** Which events of a request are meant: all conditions that are given must hold. */
export interface EventMatch {
  readonly eventIds: ReadonlySet<string> | null;
  readonly eventNames: ReadonlySet<string> | null;
  readonly indexes: ReadonlySet<number> | null;
}

/** The few things that every kind of behaviour comes down to. */
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

/** A behaviour as it was asked for. */
export interface Behaviour {
  /** A pixel id, or `*` for all. */
  readonly pixel: string;
  readonly kind: string;
  readonly probability: number;
  /** How often it acts; null for ever. */
  readonly times: number | null;
  readonly action: Action;
}
