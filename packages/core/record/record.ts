import type { KafkaCoordinates } from '../dead-letter/dead-letter.ts';
import { horizonOf } from '../event/horizon.ts';
import type { NormalisedEvent, PersonalFields } from '../event/server-event.ts';
import { clearJson, closing } from './wire.ts';

/*
 * A record is one normalised event as an envelope holds it: three columns with a tab between them,
 *
 *   facts  \t  personal fields as JSON  \t  clear part as JSON
 *
 * where the facts are `time,window,timestamp,source,offset`, and `,replays` after them in an event
 * that was replayed, and `,trace` after that in one that somebody traces: a release that does not know
 * these leaves them where they are. There is no line break, because JSON.stringify writes neither tab
 * nor line break as such. Who sends the event hashes the middle column and puts it into the last one; that one stays bytes from the
 * moment ingest wrote it until Meta reads it, and is never parsed again.
 */

const TAB = 0x09;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;

/** A record as the worker needs it. */
export interface SendableRecord extends RecordFacts {
  /** The clear part without the two brackets that end it. */
  readonly head: Buffer;
  /** The hashed personal fields and the two brackets: ASCII that completes `open`. */
  readonly tail: string;
}

/**
 * Writes one record, without a line break.
 * @param trace the trace that the event is part of, as {@link RecordFacts} have it
 */
export function writeRecord(
  event: NormalisedEvent,
  kafka: Pick<KafkaCoordinates, 'offset' | 'timestamp'>,
  source: number,
  trace: string | null = null,
): string {
  const time = event.clear.event_time;
  const window = horizonOf(time, event.clear.action_source) - time;
  const traced = trace === null ? '' : `,0,${trace}`;
  return `${time},${window},${kafka.timestamp},${source},${kafka.offset}${traced}\t${JSON.stringify(event.personal)}\t${clearJson(event)}`;
}

/**
 * Reads one record and hashes its personal fields.
 * @throws Error when the line is not a record
 */
export function hashRecord(line: Buffer): SendableRecord {
  const facts = readRecordFacts(line);
  const first = line.indexOf(TAB);
  const second = line.indexOf(TAB, first + 1);
  if (second < 0) throw new Error('not a record: its columns are missing');
  const personal = JSON.parse(line.toString('utf8', first + 1, second)) as PersonalFields;
  const head = line.subarray(second + 1, line.length - 2);
  const tail = closing(personal, head[head.length - 1] === OPEN_BRACE);
  const { eventTime, horizon, kafkaTimestamp, source, offset, replays, trace } = facts;
  return { eventTime, horizon, kafkaTimestamp, source, offset, replays, trace, line, head, tail };
}

const BEFORE_NAME = '{"event_name":"'.length;
const QUOTE = 0x22;

/** The name of a record's event, which its clear part begins with; what JSON escapes stays escaped. */
export function eventNameOf({ head }: SendableRecord): string {
  return head.toString('latin1', BEFORE_NAME, head.indexOf(QUOTE, BEFORE_NAME));
}

/** How many bytes the event of a record takes in a request. */
export function sentBytes(record: SendableRecord): number {
  return record.head.length + record.tail.length;
}

/** The clear part of a record, for who explains it: its name, id and so on. */
export function readClear(line: Buffer): Readonly<Record<string, unknown>> {
  return JSON.parse(line.toString('utf8', columnOfClear(line))) as Record<string, unknown>;
}

function columnOfClear(line: Buffer): number {
  return line.indexOf(TAB, line.indexOf(TAB) + 1) + 1;
}

/** The body of a request: `{"data":[…],"test_event_code":"…"}` as bytes, in one allocation. */
export function writeBody(
  records: readonly SendableRecord[],
  testEventCode: string | null,
): Buffer {
  const start = '{"data":[';
  const end =
    testEventCode === null ? ']}' : `],"test_event_code":${JSON.stringify(testEventCode)}}`;
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

/** A record for who explains it: the clear part, and the personal values that would be hashed. */
export function readRecord(line: Buffer): NormalisedEvent {
  const personal = line.toString('utf8', line.indexOf(TAB) + 1, columnOfClear(line) - 1);
  return {
    clear: readClear(line) as unknown as NormalisedEvent['clear'],
    personal: JSON.parse(personal) as PersonalFields,
  };
}

/** What the first column of a record says. */
export interface RecordFacts {
  /** Unix seconds. */
  readonly eventTime: number;
  /** Unix seconds. */
  readonly horizon: number;
  /** When Kafka got the message, Unix ms. */
  readonly kafkaTimestamp: number;
  /** Position of topic and partition in the envelope's list of sources. */
  readonly source: number;
  readonly offset: number;
  /** How often it was put back into the queue after it had died. */
  readonly replays: number;
  /** The trace that it is part of, as `trace id-span id`; null where nobody traces it. */
  readonly trace: string | null;
  /** The record itself, to be kept when it cannot be sent now. */
  readonly line: Buffer;
}

/**
 * Reads the facts of a record, and nothing of the event itself.
 * @throws Error when the line is not a record; the message does not repeat it
 */
export function readRecordFacts(line: Buffer): RecordFacts {
  const end = line.indexOf(TAB);
  if (end < 0) throw new Error('not a record: its columns are missing');
  const [time, window, timestamp, source, offset, replays = '0', trace = null] = line
    .toString('latin1', 0, end)
    .split(',');
  return {
    eventTime: Number(time),
    horizon: Number(time) + Number(window),
    kafkaTimestamp: Number(timestamp),
    source: Number(source),
    offset: Number(offset),
    replays: Number(replays),
    trace,
    line,
  };
}

/** Which of the facts names the source, and which counts the replays. */
const SOURCE = 3;
const REPLAYS = 5;

/** The same record with another event in it, which happened at the same time. */
export function rewriteRecord(line: Buffer, event: NormalisedEvent): Buffer {
  const facts = line.toString('latin1', 0, line.indexOf(TAB));
  return Buffer.from(`${facts}\t${JSON.stringify(event.personal)}\t${clearJson(event)}`, 'utf8');
}

/** The same record as one of another envelope, whose list of sources is another one. */
export function withSource(line: Buffer, source: number): Buffer {
  return withFact(line, SOURCE, source);
}

/** The same record with its replays counted, so that it still knows them when it dies again. */
export function withReplays(line: Buffer, replays: number): Buffer {
  return withFact(line, REPLAYS, replays);
}

function withFact(line: Buffer, position: number, value: number): Buffer {
  const end = line.indexOf(TAB);
  const facts = line.toString('latin1', 0, end).split(',');
  facts[position] = String(value);
  return Buffer.concat([Buffer.from(facts.join(), 'latin1'), line.subarray(end)]);
}
