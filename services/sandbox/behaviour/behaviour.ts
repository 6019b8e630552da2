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
  readonly headers?: Readonly<Record<string, string>>;
  /** For the usage headers, which stay unchanged without it. */
  readonly usage?: Usage;
  readonly body:
    | GraphError
    | { readonly status: number; readonly contentType: string; readonly text: string }
    /** The success answer, its `messages` padded by this many bytes. */
    | { readonly padding: number };
}

/** Selects events of a request: all given conditions must hold. */
export interface EventMatch {
  readonly eventId?: ReadonlySet<string> | undefined;
  readonly eventName?: ReadonlySet<string> | undefined;
  readonly index?: ReadonlySet<number> | undefined;
}

/** The actions at a stage that the kinds of behaviours become. */
export type StagedAction = { readonly stage: Stage } & (
  | { readonly do: 'wait'; readonly ms: readonly [number, number] }
  | { readonly do: 'hang' | 'reset' }
  | { readonly do: 'answer'; readonly reply: Reply }
  /** `keep`: the part that is sent, 0 to 1. */
  | { readonly do: 'truncate'; readonly keep: number }
);

export type Action =
  | StagedAction
  | {
      readonly do: 'limit';
      readonly maxEvents: number;
      readonly maxBytes: number;
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
