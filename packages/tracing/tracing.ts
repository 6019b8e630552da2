import type { KafkaMessage } from '#core/event/kafka-message.ts';

/** What spans are made with. */
export interface TracingRooms {
  /** Such as `ingest`. */
  readonly service: string;
  /** The base URL of Meta's endpoint, and its version. */
  readonly graphApi: { readonly url: string; readonly version: string };
  /** Told that spans are lost; nothing secret is in it. */
  readonly onFailure: (error: Error) => void;
}

/** Messages that ingest has read and brought into Redis, after the fact. */
export interface IntakeFacts {
  readonly topics: readonly string[];
  readonly groupId: string;
  readonly messages: number;
  /** Of the messages that came with one: as a record keeps it. */
  readonly contexts: readonly string[];
  /** Unix ms. */
  readonly startedAt: number;
}

/** Events of one pixel on their way to Meta. */
export interface BatchFacts {
  readonly pixelId: string;
  readonly trigger: string;
  readonly records: readonly { readonly trace: string | null }[];
}

/** One request, until it is answered. */
export interface RequestSpan {
  /** @param status null where no answer came; then `cause` says why */
  end(status: number | null, cause: string | null): void;
}

/** What becomes of a batch. */
export interface BatchSpan {
  request(events: number): RequestSpan;
  end(counts: { delivered: number; dead: number; later: number }): void;
}

/** Tells an OpenTelemetry collector what was done with events that somebody traces. */
export interface Tracing {
  /** The context of a message as a record keeps it; null where there is none, and while tracing is off. */
  contextOf(headers: KafkaMessage['headers']): string | null;
  intake(facts: IntakeFacts): void;
  /** Null where none of its events is traced. */
  batch(facts: BatchFacts): BatchSpan | null;
  /** Sends what is held, for as long as that may take. */
  stop(): Promise<void>;
}

export const NO_TRACING: Tracing = {
  contextOf: () => null,
  intake() {},
  batch: () => null,
  stop: async () => {},
};

/** Links of one span: more than these say no more. OpenTelemetry's own limit is the same. */
export const MOST_LINKS = 128;
