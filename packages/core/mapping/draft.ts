import type { ActionSource, PersonalFields, PlainEvent } from '../event/server-event.ts';
import type { TrackEvent } from '../event/track-event.ts';
import { type Warning, type WarningCode, warningOf } from '../event/warning.ts';
import type { Hints } from '../normalise/normaliser.ts';

/** Called with the origin of each field of the server event, for `preview`. */
export type Trace = (field: string, origin: string) => void;

/** Fields of the server event itself that few events have. */
type ServerFields = Pick<
  PlainEvent,
  'messaging_channel' | 'messaging_outcome_data' | 'original_event_data' | 'attribution_data'
>;

/** A server event while it is mapped. */
export interface Draft extends Hints {
  readonly event: TrackEvent;
  /** Unix ms. */
  readonly now: number;
  /** The Segment name in lower case without outer spaces; empty for a call without a name. */
  readonly segmentName: string;
  readonly eventName: string;
  /** True for an event of one product before a purchase. */
  readonly isPrePurchase: boolean;
  /** True for an event that appends a value or an attribution to another one. */
  readonly appends: boolean;
  readonly actionSource: ActionSource;
  /** When it happened, Unix ms. */
  readonly timeMs: number;
  /** Of the address, once that has been read; until then the pixel's default. */
  country: string | null;
  /** Bits of the fields of `user_data` that have a value. */
  filled: number;
  readonly personal: PersonalFields;
  readonly user: Record<string, unknown>;
  readonly custom: Record<string, unknown>;
  /** Null until there is one. */
  serverFields: ServerFields | null;
  readonly warnings: Warning[];
  readonly trace: Trace | null;
}

/** More warnings about one event are dropped. */
const MOST_WARNINGS = 50;

export function warn({ warnings }: Pick<Draft, 'warnings'>, code: WarningCode, path: string): void {
  if (warnings.length < MOST_WARNINGS) warnings.push(warningOf(code, path));
}
