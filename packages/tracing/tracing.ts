import type { KafkaMessage } from '#core/event/kafka-message.ts';

export interface TracingOptions {
  /** Such as `ingest`. */
  readonly service: string;
  /** The base URL of Meta's endpoint, and its version. */
  readonly graphApi: { readonly url: string; readonly version: string };
  /** Called when spans are lost; the error holds nothing secret. */
  readonly onFailure: (error: Error) => void;
}

/** Messages that ingest has read and written to Redis. */
interface IntakeFacts {
  readonly topics: readonly string[];
  readonly groupId: string;
  readonly messages: number;
  /** The contexts of the traced messages, as records hold them. */
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

interface RequestSpan {
  /** @param status null without a response; then `cause` says why */
  end(status: number | null, cause: string | null): void;
}

export interface BatchSpan {
  request(events: number): RequestSpan;
  end(counts: { delivered: number; dead: number; later: number }): void;
}

/** Reports what was done with traced events to an OpenTelemetry collector. */
export interface Tracing {
  /** The context of a message as a record holds it; null without one, and while tracing is off. */
  contextOf(headers: KafkaMessage['headers']): string | null;
  intake(facts: IntakeFacts): void;
  /** Null if none of its events is traced. */
  batch(facts: BatchFacts): BatchSpan | null;
  /** Sends the remaining spans, within a time limit. */
  stop(): Promise<void>;
}

export const NO_TRACING: Tracing = {
  contextOf: () => null,
  intake() {},
  batch: () => null,
  stop: async () => {},
};

/** The most links of one span, as in OpenTelemetry. */
export const MOST_LINKS = 128;
