/** What the sandbox knows about one pixel, as `/_sandbox/state` shows it. Times in Unix ms. */
export interface PixelState {
  /** Events accepted, duplicates included. */
  readonly accepted: number;
  /** Different pairs of event name and event id among them. */
  readonly unique: number;
  /** Accepted events whose pair had been accepted before. */
  readonly duplicates: number;
  readonly withoutId: number;
  /** Accepted events that came with a `test_event_code`. */
  readonly test: number;
  readonly byName: Readonly<Record<string, number>>;
  readonly requests: {
    readonly total: number;
    readonly accepted: number;
    readonly refused: number;
    /** Cut off by the client before the whole body had come. */
    readonly aborted: number;
    /** Under way now, and at most at once. */
    readonly inFlight: number;
    readonly mostInFlight: number;
    /** Accepted, and the client was not told so as it should have been. */
    readonly unanswered: number;
  };
  /** Events in the unanswered requests. */
  readonly unansweredEvents: number;
  readonly batch: { readonly sum: number; readonly max: number; readonly mean: number };
  /** Bytes of request bodies, as they came. */
  readonly bytes: number;
  /** Requests by error code, `100/2804003`, or by HTTP status where there was no envelope. */
  readonly refused: Readonly<Record<string, number>>;
  readonly refusedEvents: number;
  /** Sentences in the `messages` of success answers. */
  readonly warnings: number;
  /** How often each kind of behaviour acted. */
  readonly behaved: Readonly<Record<string, number>>;
  readonly firstAcceptedAt: number | null;
  readonly lastAcceptedAt: number | null;
  readonly lastRequestAt: number | null;
}

/** What is kept of a refusal. */
export interface RefusalRecord {
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
