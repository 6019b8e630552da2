import { describe, expect, test } from '@jest/globals';
import { type FetchedRecord, gapRecord } from '#kafka/fetch/fetched-record.ts';
import { MissingCodec } from '#kafka/native-codecs.ts';
import { countNewest, reachesFurther } from '#kafka/sample/newest.ts';
import { readFailure } from '#kafka/sample/read-failure.ts';
import { findNewest, type LogPart, readPart } from '#kafka/sample/sample.ts';

const NEVER = (): boolean => false;

function tail(timestamps: readonly number[], from = 0, low = 0) {
  const messages = timestamps.map((timestamp, at) => ({ offset: from + at, timestamp }));
  return { messages, from, low };
}

describe('the newest messages of several logs', () => {
  test.each<[string, readonly (readonly number[])[], number, readonly number[]]>([
    ['none of no log', [], 5, []],
    ['none of empty logs', [[], []], 5, [0, 0]],
    ['all, where there are fewer', [[1, 2], [3]], 5, [2, 1]],
    [
      'those of the later times',
      [
        [1, 2, 30],
        [10, 20],
      ],
      3,
      [1, 2],
    ],
    [
      'none of a log that is long quiet',
      [
        [1, 2, 3],
        [97, 98, 99],
      ],
      3,
      [0, 3],
    ],
    [
      'as many of each, where times are equal',
      [
        [5, 5, 5],
        [5, 5, 5],
      ],
      4,
      [2, 2],
    ],
    [
      'as many of each, where there are no times',
      [
        [-1, -1, -1],
        [-1, -1],
      ],
      2,
      [1, 1],
    ],
  ])('%s', (_, logs, count, expected) => {
    expect(
      countNewest(
        logs.map((times) => tail(times)),
        count,
      ),
    ).toEqual(expected);
  });

  test.each<[string, ReturnType<typeof tail>, number, boolean]>([
    ['all of the tail is among them', tail([1, 2], 8, 0), 2, true],
    ['a part of it is not', tail([1, 2], 8, 0), 1, false],
    ['it holds gaps alone', tail([], 8, 0), 0, true],
    ['the log starts there', tail([1, 2], 0, 0), 2, false],
  ])('are looked for further back where %s', (_, scanned, taken, expected) => {
    expect(reachesFurther(scanned, taken)).toBe(expected);
  });
});

function message(offset: number, timestamp = offset): FetchedRecord {
  const value = Buffer.from(`${offset}`);
  const rest = { key: null, headers: {}, attributes: 0, isControlRecord: false } as const;
  return { ...rest, value, timestamp: `${timestamp}`, offset: `${offset}` };
}

const gap = (first: number, last: number): FetchedRecord =>
  gapRecord(last, last, { firstOffset: first, fault: null });

const corrupt = (first: number, last: number): FetchedRecord =>
  gapRecord(last, last, {
    firstOffset: first,
    fault: { kind: 'unreadable', message: 'broken', records: 3, bytes: Buffer.alloc(1) },
  });

type Batch = readonly FetchedRecord[];

/** Brokers that answer with whole batches, and with one of each partition at a time. */
function brokersWith(logs: readonly (readonly Batch[])[]) {
  const asked: number[] = [];
  return {
    asked,
    async fetch(_topic: string, offsets: ReadonlyMap<number, number>) {
      asked.push(offsets.size);
      const answer = [...offsets].map(([partition, offset]): [number, Batch] => {
        const batches = logs[partition] ?? [];
        return [partition, batches.find((each) => Number(each.at(-1)?.offset) >= offset) ?? []];
      });
      return new Map(answer);
    },
  };
}

const logOf = (partition: number, low: number, high: number) => ({
  topic: 't',
  partition,
  low,
  high,
});

async function read(reader: ReturnType<typeof brokersWith>, parts: readonly LogPart[]) {
  const found: string[] = [];
  for (const part of parts) {
    for await (const { kafka, fault } of readPart(reader, part)) {
      found.push(`${kafka.partition}:${kafka.offset}${fault === null ? '' : ` ${fault.kind}`}`);
    }
  }
  return found;
}

const single = (count: number): Batch[] => Array.from({ length: count }, (_, i) => [message(i)]);

interface Case {
  readonly logs: readonly (readonly Batch[])[];
  /** By partition; the whole log when left out. */
  readonly low?: readonly number[];
  readonly count: number;
  readonly expected: readonly string[];
}

describe('a search from the ends of the logs', () => {
  test.each<[string, Case]>([
    ['finds nothing in an empty log', { logs: [[]], count: 3, expected: [] }],
    ['ends where a log is short', { logs: [single(2)], count: 9, expected: ['0:0', '0:1'] }],
    ['takes the end of a log', { logs: [single(9)], count: 2, expected: ['0:7', '0:8'] }],
    [
      'takes a part of a batch',
      { logs: [[[0, 1, 2, 3].map((i) => message(i))]], count: 2, expected: ['0:2', '0:3'] },
    ],
    [
      'goes on before gaps',
      {
        logs: [[[message(0)], [message(1)], [gap(2, 60)], [message(61)], [gap(62, 99)]]],
        count: 2,
        expected: ['0:1', '0:61'],
      },
    ],
    ['finds nothing where all are gaps', { logs: [[[gap(0, 99)]]], count: 2, expected: [] }],
    [
      'counts a batch that cannot be read as one message, at its start',
      {
        logs: [[[message(0)], [corrupt(1, 3)], [message(4)]]],
        count: 2,
        expected: ['0:1 unreadable', '0:4'],
      },
    ],
    [
      'prefers what is newer, over partitions',
      {
        logs: [single(5), [5, 6, 7].map((t, i) => [message(i, t)])],
        count: 4,
        expected: ['0:4', '1:0', '1:1', '1:2'],
      },
    ],
    [
      'leaves out a partition that is long quiet',
      {
        logs: [single(5), [905, 906, 907].map((t, i) => [message(i, t)])],
        count: 3,
        expected: ['1:0', '1:1', '1:2'],
      },
    ],
    [
      'goes no further back than the log',
      { logs: [single(9)], low: [7], count: 5, expected: ['0:7', '0:8'] },
    ],
  ])('%s', async (_, { logs, low, count, expected }) => {
    const reader = brokersWith(logs);
    const known = logs.map((batches, partition) => {
      const high = Number(batches.at(-1)?.at(-1)?.offset ?? -1) + 1;
      return logOf(partition, low?.[partition] ?? 0, high);
    });
    const { parts, complete } = await findNewest(reader, known, count, NEVER);
    expect(complete).toBe(true);
    expect(await read(reader, parts)).toEqual(expected);
  });

  test('asks for all partitions at once, and few times', async () => {
    const reader = brokersWith(Array.from({ length: 50 }, () => [single(4).flat()]));
    const logs = Array.from({ length: 50 }, (_, partition) => logOf(partition, 0, 4));
    await findNewest(reader, logs, 100, NEVER);
    expect(reader.asked[0]).toBe(50);
    expect(reader.asked.length).toBeLessThan(5);
  });

  test('takes few steps through a log of gaps', async () => {
    const reader = brokersWith([[[message(0)], [gap(1, 999_999)]]]);
    const { parts } = await findNewest(reader, [logOf(0, 0, 1_000_000)], 1, NEVER);
    expect(await read(reader, parts)).toEqual(['0:0']);
    expect(reader.asked.length).toBeLessThan(50);
  });

  test('ends when its time is over, with what it found', async () => {
    const reader = brokersWith([single(100)]);
    let left = 3;
    const isLate = (): boolean => {
      left -= 1;
      return left <= 0;
    };
    const { parts, complete } = await findNewest(reader, [logOf(0, 0, 100)], 50, isLate);
    expect({ parts, complete }).toEqual({ parts: [], complete: false });
  });

  test('ends where a broker has nothing more, although its log goes on', async () => {
    const reader = brokersWith([single(5)]);
    const { parts, complete } = await findNewest(reader, [logOf(0, 0, 90)], 3, NEVER);
    expect(complete).toBe(true);
    expect(await read(reader, parts)).toEqual(['0:2', '0:3', '0:4']);
  });
});

describe('a part of a log', () => {
  const part = { topic: 't', partition: 0, from: 0, end: 100, count: 100 };
  test.each<[string, readonly Batch[], Partial<LogPart>, readonly string[]]>([
    ['ends with its count', single(9), { from: 3, count: 2 }, ['0:3', '0:4']],
    ['ends before its end', single(9), { from: 3, end: 5 }, ['0:3', '0:4']],
    ['ends with the log', single(3), {}, ['0:0', '0:1', '0:2']],
    ['starts within a batch', [[message(0), message(1)]], { from: 1 }, ['0:1']],
    ['starts within a corrupt batch', [[corrupt(0, 5)]], { from: 3 }, ['0:0 unreadable']],
    ['has no gaps', [[gap(0, 4)], [message(5)]], {}, ['0:5']],
  ])('%s', async (_, log, options, expected) => {
    expect(await read(brokersWith([log]), [{ ...part, ...options }])).toEqual(expected);
  });
});

describe('a failure says what, where and what to do', () => {
  const protocol = (type: string) =>
    Object.assign(new Error('x'), { name: 'KafkaJSProtocolError', type });
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
    name: 'KafkaJSConnectionError',
  });
  test.each<[string, unknown, string, RegExp]>([
    ['no broker', refused, 'no_connection', /^Kafka at a:1, b:2 .*ECONNREFUSED.* → start a broker/],
    [
      'an ACL',
      protocol('TOPIC_AUTHORIZATION_FAILED'),
      'refused',
      /^Kafka at a:1, b:2 .* read topic orders .* → .*--operation Read --topic orders$/,
    ],
    [
      'a topic',
      protocol('UNKNOWN_TOPIC_OR_PARTITION'),
      'no_topic',
      /^Kafka at a:1, b:2 has no topic orders → create it, or correct kafka\.topics$/,
    ],
    ['offsets that are gone', protocol('OFFSET_OUT_OF_RANGE'), 'refused', /deleted while .* → run/],
    ['a leader', protocol('LEADER_NOT_AVAILABLE'), 'refused', /topic orders has no leader → start/],
    ['a codec', new MissingCodec('no Snappy → install it'), 'refused', /^no Snappy → install it$/],
    [
      'a login',
      new Error('SASL PLAIN authentication failed: no'),
      'no_connection',
      /^Kafka at a:1, b:2 refuses the login.* → correct kafka\.sasl/,
    ],
  ])('%s', (_, error, kind, message) => {
    const failure = readFailure(error, null, { brokers: ['a:1', 'b:2'], topic: 'orders' });
    expect(failure.kind).toBe(kind);
    expect(failure.message).toMatch(message);
    expect(readFailure(failure, null, { brokers: [], topic: null })).toBe(failure);
  });
});
