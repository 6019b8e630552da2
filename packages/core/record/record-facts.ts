const TAB = 0x09;

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
