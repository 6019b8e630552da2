import { describe, expect, test } from '@jest/globals';
import { type BatchDeps, createBatchHandler } from '#ingest/kafka/batch-handler.ts';
import type { NextStep } from '#ingest/kafka/partitions.ts';
import type { Position } from '#ingest/kafka/positions.ts';
import type { EachBatchPayload } from '#kafka/client.ts';
import type { Gap } from '#kafka/fetch/fetched-record.ts';
import { RedisWork } from '#store/redis-fault.ts';

const ID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** What a partition says to a batch. */
type Answer = NextStep | Error;

function reading(next: number): { kind: 'read'; position: Position; missing: null } {
  return { kind: 'read', position: { from: next, next, topicId: ID }, missing: null };
}

/** A handler with everything that it does, in order. */
function handling(answer: Answer, change: Partial<BatchDeps> = {}) {
  const happened: string[] = [];
  const partitions = { epoch: 0, next: async () => step(answer) };
  const builder = {
    messages: 0,
    step: (topic: string, partition: number, { from, next }: Position) =>
      happened.push(`step ${topic}/${partition} ${from} to ${next}`),
  };
  const deps: BatchDeps = {
    reader: {
      read: ({ value }, { offset }) => happened.push(`read ${offset} ${value}`) > 0,
      refuse: ({ kind }, { offset }) => void happened.push(`refuse ${offset} ${kind}`),
    },
    builder,
    writer: { full: null, write: async () => {}, linger: () => happened.push('linger') },
    partitions,
    counters: {
      messages: (_topic, messages, bytes, newest) =>
        happened.push(`messages ${messages} ${bytes} ${newest}`),
      repeated: (_topic, messages) => happened.push(`repeated ${messages}`),
      missing: (_topic, _partition, { from, to }) => happened.push(`missing ${from} ${to}`),
      recreated: (topic, partition) => happened.push(`recreated ${topic}/${partition}`),
    },
    work: new RedisWork({ onFailure() {} }),
    topicIds: { ask: async () => ID },
    seek: (topic, partition, offset) => happened.push(`seek ${topic}/${partition} ${offset}`),
    reread: async () => void happened.push('reread'),
    loadSchemas: async () => true,
    halt: (topic, partition, { offset }, found) =>
      happened.push(`halt ${topic}/${partition} ${offset} ${found}`),
    ...change,
  };
  return { handle: createBatchHandler(deps), happened, partitions, builder };
}

function step(answer: Answer): NextStep {
  if (answer instanceof Error) throw answer;
  return answer;
}

interface Sent {
  readonly offset: number;
  readonly timestamp?: string;
  readonly gap?: Gap;
}

function batchOf(records: readonly Sent[], state = { running: true, stale: false }) {
  const resolved: string[] = [];
  const messages = records.map(({ offset, timestamp = '1000', gap }) => ({
    key: null,
    value: Buffer.from(`v${offset}`),
    timestamp,
    offset: String(offset),
    ...(gap === undefined ? {} : { gap }),
  }));
  const payload = {
    batch: {
      topic: 't',
      partition: 0,
      messages,
      highWatermark: '100',
      firstOffset: () => messages[0]?.offset ?? null,
      lastOffset: () => messages.at(-1)?.offset ?? '-1',
    },
    isRunning: () => state.running,
    isStale: () => state.stale,
    resolveOffset: (offset: string) => resolved.push(offset),
    heartbeat: async () => {},
  } as unknown as EachBatchPayload;
  return { payload, resolved };
}

const TWO = [{ offset: 5 }, { offset: 6 }];

describe('a batch', () => {
  test('is read, counted and resolved, and its partition steps on', async () => {
    const { handle, happened, builder } = handling(reading(5));
    const { payload, resolved } = batchOf(TWO);
    await handle(payload);
    expect(happened).toEqual([
      'read 5 v5',
      'read 6 v6',
      'step t/0 5 to 7',
      'messages 2 4 1000',
      'linger',
    ]);
    expect(resolved).toEqual(['6']);
    expect(builder.messages).toBe(2);
  });

  test.each<[string, Answer, string[]]>([
    ['seeks', { kind: 'seek', offset: 3 }, ['seek t/0 3']],
    ['is read again', { kind: 'reread' }, ['reread']],
    [
      'is halted',
      { kind: 'halt', watermark: { offset: 9, topicId: ID, haltedAt: 4 }, found: true },
      ['halt t/0 9 true'],
    ],
    [
      'starts over',
      { kind: 'recreated', before: null, to: { offset: 0, topicId: ID, haltedAt: null } },
      ['recreated t/0', 'seek t/0 0'],
    ],
  ])('%s where its partition says so, and nothing of it is read', async (_name, next, expected) => {
    const { handle, happened } = handling(next);
    const { payload, resolved } = batchOf(TWO);
    await handle(payload);
    expect([happened, resolved]).toEqual([expected, []]);
  });

  test('reports what is missing before it', async () => {
    const { handle, happened } = handling({ ...reading(5), missing: { from: 1, to: 5 } });
    await handle(batchOf(TWO).payload);
    expect(happened[0]).toBe('missing 1 5');
  });

  test('skips what is in Redis already', async () => {
    const { handle, happened } = handling(reading(6));
    await handle(batchOf(TWO).payload);
    expect(happened).toEqual([
      'read 6 v6',
      'repeated 1',
      'step t/0 6 to 7',
      'messages 1 2 1000',
      'linger',
    ]);
  });

  test.each<[string, boolean, string[], string[]]>([
    ['goes on once it has one', true, ['read 6 v6', 'step t/0 6 to 7'], ['5', '6']],
    ['ends without one, and what was read stays read', false, [], ['5']],
  ])('that needs a schema %s', async (_, found, rest, whole) => {
    let isLoaded = false;
    const { handle, happened } = handling(reading(5), {
      reader: {
        read({ value }, { offset }) {
          if (offset === 6 && !isLoaded) return false;
          return happened.push(`read ${offset} ${value}`) > 0;
        },
        refuse() {},
      },
      async loadSchemas(topic, partition, messages) {
        happened.push(`load ${topic}/${partition} ${messages.map(({ offset }) => offset)}`);
        isLoaded = found;
        return found;
      },
    });
    const { payload, resolved } = batchOf(TWO);
    await handle(payload);
    const told = happened.filter((each) => !/^(messages|linger)/.test(each));
    expect(told).toEqual(['read 5 v5', 'step t/0 5 to 6', 'load t/0 6', ...rest]);
    expect(resolved).toEqual(whole);
  });

  test('that is in Redis as a whole moves nothing', async () => {
    const { handle, happened } = handling(reading(7));
    const { payload, resolved } = batchOf(TWO);
    await handle(payload);
    expect([happened, resolved]).toEqual([['repeated 2'], ['6']]);
  });

  test('is not read while no broker tells the id of its topic', async () => {
    const ask = async (): Promise<string> => Promise.reject(new Error('away'));
    const { handle, happened } = handling(reading(5), { topicIds: { ask } });
    const { payload, resolved } = batchOf(TWO);
    await handle(payload);
    expect([happened, resolved]).toEqual([[], []]);
  });
});

describe('a gap', () => {
  test('without a message moves the watermark, and counts as none', async () => {
    const { handle, happened, builder } = handling(reading(5));
    await handle(batchOf([{ offset: 9, gap: { firstOffset: 5, fault: null } }]).payload);
    expect(happened).toEqual(['step t/0 5 to 10', 'linger']);
    expect(builder.messages).toBe(0);
  });

  test('of a batch that cannot be opened is refused as a whole', async () => {
    const fault = {
      kind: 'unreadable',
      message: 'm',
      records: 5,
      bytes: Buffer.from('xyz'),
    } as const;
    const { handle, happened } = handling(reading(5));
    await handle(batchOf([{ offset: 9, gap: { firstOffset: 5, fault } }]).payload);
    expect(happened).toEqual([
      'refuse 5 unreadable',
      'step t/0 5 to 10',
      'messages 1 3 1000',
      'linger',
    ]);
  });
});

test.each([
  ['no moment', '-1', 0],
  ['in the future', String(Date.now() + 3_600_000), 0],
  ['in the past', '5', 5],
])(
  'a timestamp %s tells how old messages are only in the past',
  async (_name, timestamp, newest) => {
    const { handle, happened } = handling(reading(5));
    await handle(batchOf([{ offset: 5, timestamp }]).payload);
    expect(happened).toContain(`messages 1 2 ${newest}`);
  },
);

describe('reading stops', () => {
  test.each([
    ['when the consumer stops', { running: false, stale: false }],
    ['when the batch is stale', { running: true, stale: true }],
  ])('%s', async (_name, state) => {
    const { handle, happened } = handling(reading(5));
    const { payload, resolved } = batchOf(TWO, state);
    await handle(payload);
    expect([happened, resolved]).toEqual([[], []]);
  });

  test('and nothing is resolved when the positions were dropped meanwhile', async () => {
    const { handle, partitions } = handling(reading(5), {
      writer: {
        full: 'count',
        linger() {},
        async write() {
          partitions.epoch += 1;
        },
      },
    });
    const { payload, resolved } = batchOf(TWO);
    await handle(payload);
    expect(resolved).toEqual([]);
  });
});

test('a full intake is written before more is read', async () => {
  const happened: string[] = [];
  const writer = {
    full: 'count' as 'count' | null,
    linger() {},
    async write(trigger: string) {
      happened.push(`write ${trigger}`);
      writer.full = null;
    },
  };
  const { handle } = handling(reading(5), {
    writer,
    reader: { read: (_message, { offset }) => happened.push(`read ${offset}`) > 0, refuse() {} },
  });
  await handle(batchOf(TWO).payload);
  expect(happened).toEqual(['write count', 'read 5', 'read 6']);
});
