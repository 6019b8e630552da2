import type { KafkaMessage } from './kafka-message.ts';

/** W3C's name for it. */
const HEADER = 'traceparent';

/**
 * Version, trace ID, span ID and flags; a later version may append more. All zeros are invalid.
 * Source: W3C, Trace Context, 3.2 traceparent header.
 */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

const SAMPLED = 1;

/**
 * The trace context of a message in the form of a record: `trace id-span id`. Null where there is none,
 * or where the sender does not record the trace, so that a link would lead nowhere.
 */
export function readTraceContext(headers: KafkaMessage['headers']): string | null {
  const value = headers[HEADER];
  const [text = null] = value === undefined ? [] : [value].flat();
  if (text === null) return null;
  const [, version, traceId, spanId, flags = '0', more] = TRACEPARENT.exec(String(text)) ?? [];
  if (traceId === undefined || (version === '00' && more !== undefined)) return null;
  return (Number.parseInt(flags, 16) & SAMPLED) === 0 ? null : `${traceId}-${spanId}`;
}
