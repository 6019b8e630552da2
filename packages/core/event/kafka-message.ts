import { jsonText } from './json-text.ts';
import { asObject, type Json } from './track-event.ts';

/** A Kafka record as it was read: what a dead letter keeps for a replay. */
export interface KafkaMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** By name. Read own properties only: a sender may name a header `constructor`. */
  readonly headers: Readonly<Record<string, HeaderValue | readonly HeaderValue[] | undefined>>;
  /** The value as Kafka has it, where `value` is the JSON that it decodes to. */
  readonly encoded?: Buffer | undefined;
}

type HeaderValue = Buffer | string | null;

/** The timestamp of a message without one. Source: Kafka, `RecordBatch.NO_TIMESTAMP`. */
const NO_TIMESTAMP = -1;

/** The latest moment of JavaScript's `Date`, in Unix ms. */
const LATEST_MS = 8.64e15;

/** A message's timestamp in Unix ms. A producer may write any 64 bits; an impossible time counts as none. */
export function readTimestamp(text: string): number {
  const ms = Number(text);
  return ms >= 0 && ms <= LATEST_MS ? ms : NO_TIMESTAMP;
}

const LINE_FEED = 0x0a;

/**
 * The message as bytes: a line of JSON with key and headers in base64, then the value unchanged, which
 * may be anything. Where the value is what an encoded one decodes to, that one is in the line too.
 */
export function writeMessage(message: KafkaMessage): Buffer {
  const headers = Object.entries(message.headers).flatMap(([name, value]) =>
    listOf(value).map((each) => [name, toBase64(each)]),
  );
  const encoded = message.encoded?.toString('base64');
  const facts = { key: toBase64(message.key), headers, hasValue: message.value !== null, encoded };
  return Buffer.concat([
    Buffer.from(`${JSON.stringify(facts)}\n`, 'utf8'),
    message.value ?? Buffer.alloc(0),
  ]);
}

/** The message that {@link writeMessage} wrote; each header is a list of its values. */
export function readMessage(bytes: Buffer): KafkaMessage {
  const end = bytes.indexOf(LINE_FEED);
  const facts = asObject(JSON.parse(bytes.toString('utf8', 0, end)));
  if (facts === null || !Array.isArray(facts['headers'])) throw notAMessage();
  const { key, headers: written, hasValue, encoded } = facts;
  // Without a prototype, so that every name is a header.
  const headers: Record<string, (Buffer | null)[]> = Object.create(null);
  for (const header of written) {
    if (!Array.isArray(header) || typeof header[0] !== 'string') throw notAMessage();
    const [name, value] = header;
    const known = headers[name];
    if (known === undefined) headers[name] = [fromBase64(value)];
    else known.push(fromBase64(value));
  }
  return {
    key: fromBase64(key),
    value: hasValue === true ? bytes.subarray(end + 1) : null,
    headers,
    ...(typeof encoded === 'string' ? { encoded: fromBase64(encoded) ?? undefined } : {}),
  };
}

/**
 * The same message with the JSON that its value decodes to, so that people and replays need no registry.
 * As it was where that has more than `maxBytes`.
 */
export function withDecoded(message: KafkaMessage, event: Json, maxBytes: number): KafkaMessage {
  const value = Buffer.from(jsonText(event), 'utf8');
  if (message.value === null || value.length > maxBytes) return message;
  return { ...message, value, encoded: message.value };
}

/**
 * The part of a message that a dead letter keeps: at most `maxBytes` of it. The value comes first, because
 * only the value is needed to send the event; key and headers are kept if all of them fit too.
 */
export function excerptOf(message: KafkaMessage, maxBytes: number) {
  const { key, value, headers, encoded } = message;
  const size = value?.length ?? 0;
  /** The size of the value in bytes where only its first part is kept. */
  const truncatedFrom = size > maxBytes ? size : null;
  const kept = value === null || truncatedFrom === null ? value : value.subarray(0, maxBytes);
  const beside = lengthOf(key) + headerBytes(headers);
  /** Whether key and headers are left out. */
  const bare = beside > maxBytes - (kept?.length ?? 0);
  const rest = bare ? { key: null, headers: {} } : { key, headers };
  const whole = encoded === undefined ? {} : { encoded };
  return { message: { ...rest, value: kept, ...whole }, truncatedFrom, bare };
}

function headerBytes(headers: KafkaMessage['headers']): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    for (const each of listOf(value)) bytes += Buffer.byteLength(name) + lengthOf(each);
  }
  return bytes;
}

function lengthOf(value: HeaderValue): number {
  return value === null ? 0 : Buffer.byteLength(value);
}

function listOf(value: KafkaMessage['headers'][string]): readonly HeaderValue[] {
  if (value === undefined) return [];
  return typeof value === 'object' && value !== null && !Buffer.isBuffer(value) ? value : [value];
}

function toBase64(value: HeaderValue): string | null {
  if (value === null) return null;
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return bytes.toString('base64');
}

function fromBase64(text: unknown): Buffer | null {
  if (text === null) return null;
  if (typeof text !== 'string') throw notAMessage();
  return Buffer.from(text, 'base64');
}

function notAMessage(): Error {
  return new Error('not a message as this release writes it');
}
