import type { KafkaCoordinates } from '../dead-letter/dead-letter.ts';
import { horizonOf } from '../event/horizon.ts';
import type { NormalisedEvent } from '../event/server-event.ts';
import { asObject, type Json } from '../event/track-event.ts';
import { hashedTail } from './hashed-members.ts';

/*
 * A record is one normalised event as an envelope holds it: three columns separated by tabs,
 *
 *   facts  \t  personal fields as JSON  \t  plain part as JSON
 *
 * where the facts are `time,window,timestamp,source,offset`, followed by `,replays` in an event that
 * was replayed, by `,trace` after that in one that is traced, and by `,test event code` after that in one
 * to which a rule gave a code; a fact that is left out before another is empty. A release that does not
 * know these leaves them alone. A record has no line break, because JSON.stringify escapes tabs and line breaks.
 * The sender hashes the middle column and appends it to the last one, which is never parsed: ingest's
 * bytes go to Meta unchanged.
 */

const TAB = 0x09;
const COMMA = 0x2c;
const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const BEFORE_NAME = '{"event_name":"'.length;

/** Positions in the first column. */
const SOURCE = 3;
const REPLAYS = 5;

/** What the first column of a record says. */
export interface RecordFacts {
  /** Unix seconds. */
  readonly eventTime: number;
  /** Unix seconds. */
  readonly horizon: number;
  /** When Kafka received the message, Unix ms. */
  readonly kafkaTimestamp: number;
  /** Position of topic and partition in the envelope's list of sources. */
  readonly source: number;
  readonly offset: number;
  /** How often it was requeued from the dead letters. */
  readonly replays: number;
  /** The trace that it is part of, as `trace id-span id`; null where it is not traced. */
  readonly trace: string | null;
  /** The code that a rule sends it with; null for all other events. */
  readonly testEventCode: string | null;
  /** The record itself, kept when it cannot be sent now. */
  readonly line: Buffer;
}

/** A record whose personal fields are hashed: `head` and `tail` together are its event as sent. */
export interface SendableRecord extends RecordFacts {
  /** The plain part without its two closing brackets. */
  readonly head: Buffer;
  /** The hashed personal fields and the two closing brackets, in ASCII. */
  readonly tail: string;
}

/** A record's event as it was stored. */
interface StoredEvent {
  readonly plain: Json;
  readonly personal: Json;
}

/**
 * Writes one record, without a line break.
 * @param trace the trace that the event is part of, in the form of {@link RecordFacts}
 */
export function writeRecord(
  event: NormalisedEvent,
  kafka: Pick<KafkaCoordinates, 'offset' | 'timestamp'>,
  source: number,
  trace: string | null = null,
): string {
  const time = event.plain.event_time;
  const window = horizonOf(time, event.plain.action_source) - time;
  const { testEventCode: code } = event;
  const traced = trace === null ? '' : `,0,${trace}`;
  const more = code === undefined ? traced : `${traced === '' ? ',0,' : traced},${code}`;
  return `${time},${window},${kafka.timestamp},${source},${kafka.offset}${more}\t${JSON.stringify(event.personal)}\t${plainJson(event)}`;
}

/**
 * Reads the facts of a record, and nothing of the event itself.
 * @throws Error when the line is not a record; the message does not repeat it
 */
export function readRecordFacts(line: Buffer): RecordFacts {
  const end = line.indexOf(TAB);
  if (end < 0) throw notARecord();
  const [time, window, timestamp, source, offset, replays = '0', trace = '', code = null] = line
    .toString('latin1', 0, end)
    .split(',');
  return {
    eventTime: Number(time),
    horizon: Number(time) + Number(window),
    kafkaTimestamp: Number(timestamp),
    source: Number(source),
    offset: Number(offset),
    replays: Number(replays),
    trace: trace === '' ? null : trace,
    testEventCode: code,
    line,
  };
}

/**
 * Reads one record and hashes its personal fields.
 * @throws Error when the line is not a record
 */
export function hashRecord(line: Buffer): SendableRecord {
  const { eventTime, horizon, kafkaTimestamp, source, offset, replays, trace, testEventCode } =
    readRecordFacts(line);
  const plainAt = plainColumn(line);
  const head = line.subarray(plainAt, line.length - 2);
  const tail = hashedTail(readPersonal(line, plainAt), head[head.length - 1] === OPEN_BRACE);
  return {
    eventTime,
    horizon,
    kafkaTimestamp,
    source,
    offset,
    replays,
    trace,
    testEventCode,
    line,
    head,
    tail,
  };
}

/** The event name of a record, with JSON's escapes: its plain part begins with it. */
export function eventNameOf({ head }: SendableRecord): string {
  return head.toString('latin1', BEFORE_NAME, head.indexOf(QUOTE, BEFORE_NAME));
}

/** How many bytes the event of a record takes in a request. */
export function sentBytes(record: SendableRecord): number {
  return record.head.length + record.tail.length;
}

/**
 * The body of a request, `{"data":[…],"test_event_code":"…"}`, as bytes, in one allocation.
 * @param members what follows the events, each with a comma before it
 */
export function writeBody(records: readonly SendableRecord[], members: string): Buffer {
  const start = '{"data":[';
  const end = `]${members}}`;
  const size = records.reduce((sum, record) => sum + sentBytes(record) + 1, 0);
  const body = Buffer.allocUnsafe(start.length + Math.max(size - 1, 0) + Buffer.byteLength(end));
  let at = body.write(start, 0, 'latin1');
  for (const [index, record] of records.entries()) {
    if (index > 0) body[at++] = COMMA;
    body.set(record.head, at);
    at += record.head.length;
    at += body.write(record.tail, at, 'latin1');
  }
  body.write(end, at, 'utf8');
  return body;
}

/** A record's event, for explaining it: the plain part, and the personal values before hashing. */
export function readRecord(line: Buffer): StoredEvent {
  return { plain: readPlain(line), personal: readPersonal(line, plainColumn(line)) };
}

/** The plain part of a record, for explaining it: its name, id and so on. */
export function readPlain(line: Buffer): Json {
  return readObject(line.toString('utf8', plainColumn(line)));
}

function readPersonal(line: Buffer, plainAt: number): Json {
  return readObject(line.toString('utf8', line.indexOf(TAB) + 1, plainAt - 1));
}

function readObject(column: string): Json {
  const object = asObject(JSON.parse(column));
  if (object === null) throw notARecord();
  return object;
}

function plainColumn(line: Buffer): number {
  const tab = line.indexOf(TAB, line.indexOf(TAB) + 1);
  if (tab <= 0) throw notARecord();
  return tab + 1;
}

function notARecord(): Error {
  return new Error('not a record: its columns are missing');
}

/** The same record with another event in it, which happened at the same time. */
export function rewriteRecord(line: Buffer, { plain, personal }: StoredEvent): Buffer {
  const facts = line.toString('latin1', 0, line.indexOf(TAB));
  // `user_data` stays last: the hashed fields are appended to it.
  const { user_data: user, ...others } = plain;
  const event = { ...others, user_data: asObject(user) ?? {} };
  return Buffer.from(`${facts}\t${JSON.stringify(personal)}\t${JSON.stringify(event)}`, 'utf8');
}

/** The same record as one of another envelope, which has a list of sources of its own. */
export function withSource(line: Buffer, source: number): Buffer {
  return withFact(line, SOURCE, source);
}

/** The same record with its replays counted, so that the next dead letter of it still knows them. */
export function withReplays(line: Buffer, replays: number): Buffer {
  return withFact(line, REPLAYS, replays);
}

function withFact(line: Buffer, position: number, value: number): Buffer {
  const end = line.indexOf(TAB);
  const facts = line.toString('latin1', 0, end).split(',');
  facts[position] = String(value);
  return Buffer.concat([Buffer.from(facts.join(), 'latin1'), line.subarray(end)]);
}

/** JSON of the plain part. It ends with the two brackets that close `user_data` and the event. */
function plainJson({ plain }: { readonly plain: NormalisedEvent['plain'] | Json }): string {
  return JSON.stringify(plain);
}

/** The server event exactly as it is sent: JSON text with every personal field hashed. */
export function sentJson(event: {
  readonly plain: NormalisedEvent['plain'] | Json;
  readonly personal: Json;
}): string {
  const head = plainJson(event).slice(0, -2);
  return head + hashedTail(event.personal, head.endsWith('{'));
}
