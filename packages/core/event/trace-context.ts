import type { KafkaMessage } from './kafka-message.ts';

/** W3C names it so; Kafka's clients write it as they like. */
const HEADER = 'traceparent';

/**
 * Version, trace id, span id and flags; a later version may have more behind them. Zeros name nothing.
 * Source: W3C, Trace Context, 3.2 traceparent header.
 */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

const SAMPLED = 1;

/**
 * The context that a message came with, as a record keeps it: `trace id-span id`. Null where it has
 * none, or where whoever sent it does not record it: a link would lead nowhere.
 */
export function readTraceContext(headers: KafkaMessage['headers']): string | null {
  const value = headers[HEADER];
  const [text = null] = value === undefined ? [] : [value].flat();
  if (text === null) return null;
  const [, version, traceId, spanId, flags = '0', more] = TRACEPARENT.exec(String(text)) ?? [];
  if (traceId === undefined || (version === '00' && more !== undefined)) return null;
  return (Number.parseInt(flags, 16) & SAMPLED) === 0 ? null : `${traceId}-${spanId}`;
}
