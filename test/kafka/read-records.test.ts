import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { registerCodecs } from '#kafka/codecs.ts';
import { limitDecompression } from '#kafka/fetch/decompress.ts';
import type { FetchedRecord } from '#kafka/fetch/fetched-record.ts';
import type { AbortedTransaction } from '#kafka/fetch/read-records.ts';
import { readPartition } from '#kafka/fetch/read-records.ts';
import { type NewBatch, writeBatch, writeLegacyMessage } from '#test/support/record-batches.ts';

const LIMIT = 1_000_000;
const require = createRequire(import.meta.url);

function read(
  entries: readonly (NewBatch | Buffer)[],
  aborted: readonly AbortedTransaction[] = [],
  budget = { limit: LIMIT, spent: 0 },
): Promise<FetchedRecord[]> {
  const bytes = entries.map((entry) => (Buffer.isBuffer(entry) ? entry : writeBatch(entry)));
  return readPartition(Buffer.concat(bytes), aborted, budget);
}

/** Fetches as often as it takes to come to the end, as a consumer does. */
async function readAll(batches: readonly (NewBatch | Buffer)[]): Promise<FetchedRecord[]> {
  const entries = batches.map((batch) => (Buffer.isBuffer(batch) ? batch : writeBatch(batch)));
  const all: FetchedRecord[] = [];
  for (;;) {
    const next = Number(all.at(-1)?.offset ?? -1) + 1;
    const rest = entries.filter((entry) => Number(entry.readBigInt64BE(0)) >= next);
    if (rest.length === 0) return all;
    all.push(...(await read(rest)));
  }
}

/** A message as `offset:value`, a gap as `first-last`, with what is wrong with it. */
function brief({ offset, value, gap }: FetchedRecord): string {
  if (gap === undefined) return `${offset}:${value}`;
  return `${gap.firstOffset}-${offset}${gap.fault === null ? '' : ` ${gap.fault.kind}`}`;
}

const sent = (firstOffset: number, producerId: number, ...values: string[]): NewBatch => ({
  firstOffset,
  producerId,
  values,
  transactional: true,
});
const marked = (firstOffset: number, producerId: number, marker: 'abort' | 'commit'): NewBatch => ({
  firstOffset,
  producerId,
  values: [''],
  marker,
});

describe('transactions', () => {
  test('that overlap are told apart by their producers, in whatever order they are listed', async () => {
    const batches = [
      sent(0, 1, 'a0', 'a1'),
      sent(2, 2, 'b2'),
      { firstOffset: 3, values: ['plain3'] },
      sent(4, 3, 'c4'),
      sent(5, 1, 'a5'),
      marked(6, 2, 'commit'),
      marked(7, 1, 'abort'),
      sent(8, 1, 'a8'),
      marked(9, 3, 'abort'),
      marked(10, 1, 'commit'),
      sent(11, 1, 'a11'),
      marked(12, 1, 'abort'),
      sent(13, 3, 'c13'),
    ];
    const aborted = [
      { producerId: 1n, firstOffset: 11 },
      { producerId: 3n, firstOffset: 4 },
      { producerId: 1n, firstOffset: 0 },
    ];
    const visible = ['2:b2', '3:plain3', '8:a8', '13:c13'];
    for (const order of [aborted, aborted.toReversed(), aborted.toSorted(() => -1)]) {
      const found = await read(batches, order);
      expect(found.filter(({ gap }) => gap === undefined).map(brief)).toEqual(visible);
      expect(found.at(-1)?.offset).toBe('13');
    }
  });

  test('of which only the end is fetched are known by their first offset all the same', async () => {
    const found = await read(
      [sent(50, 1, 'x'), marked(51, 1, 'abort'), sent(52, 1, 'y')],
      [{ producerId: 1n, firstOffset: 3 }],
    );
    expect(found.map(brief)).toEqual(['50-50', '51-51', '52:y']);
  });

  test('leave a gap up to the last offset, also where nothing else was fetched', async () => {
    const found = await read([sent(7, 1, 'a', 'b', 'c')], [{ producerId: 1n, firstOffset: 7 }]);
    expect(found.map(brief)).toEqual(['7-9']);
    expect((await read([marked(9, 1, 'commit')])).map(brief)).toEqual(['9-9']);
  });

  test('do not hide what a producer of the same id sends outside of one', async () => {
    const plain = { firstOffset: 5, producerId: 1, values: ['plain'] };
    const found = await read([sent(4, 1, 'x'), plain], [{ producerId: 1n, firstOffset: 4 }]);
    expect(found.map(brief)).toEqual(['4-4', '5:plain']);
  });
});

describe('what compaction has removed', () => {
  test('is a gap at the end of a batch, and nothing within it', async () => {
    const found = await read([{ firstOffset: 3, values: ['a', null, 'c', null] }]);
    expect(found.map(brief)).toEqual(['3:a', '5:c', '6-6']);
  });

  test('may be all of a batch', async () => {
    expect((await read([{ firstOffset: 3, values: [null, null] }])).map(brief)).toEqual(['3-4']);
  });
});

describe('a batch that cannot be read', () => {
  const good = { firstOffset: 9, values: ['good'] };

  test.each<[string, NewBatch, string]>([
    [
      'is no gzip',
      { firstOffset: 4, values: ['', ''], gzip: true, body: Buffer.from('x') },
      '4-5 unreadable',
    ],
    [
      'ends within its gzip',
      { firstOffset: 4, values: [''], gzip: true, body: gzipSync('x'.repeat(99)).subarray(0, 20) },
      '4-4 unreadable',
    ],
    [
      'announces more records than it holds',
      { firstOffset: 4, values: ['a'], records: 1_000_000_000 },
      '4-4 unreadable',
    ],
    [
      'announces one record more than it holds',
      { firstOffset: 4, values: ['a'], records: 2 },
      '4-4 unreadable',
    ],
    [
      'holds something else than records',
      { firstOffset: 4, values: [''], body: Buffer.alloc(40, 0xff) },
      '4-4 unreadable',
    ],
    [
      'decompresses beyond the limit',
      { firstOffset: 4, values: ['x'.repeat(LIMIT)], gzip: true },
      '4-4 too_large',
    ],
    [
      'holds more objects than memory',
      { firstOffset: 4, values: Array.from({ length: 2000 }, () => ''), gzip: true },
      '4-2003 too_large',
    ],
    [
      'holds more headers than memory',
      {
        firstOffset: 4,
        values: ['a'],
        headers: Array.from({ length: 8000 }, () => ({ key: 'h', value: null })),
        gzip: true,
      },
      '4-4 too_large',
    ],
  ])('because it %s is one gap, and what follows is read', async (_, batch, expected) => {
    const last = batch.firstOffset + batch.values.length;
    const next = await readAll([batch, { ...good, firstOffset: last }]);
    expect(next.map(brief)).toEqual([expected, `${last}:good`]);
    const fault = next[0]?.gap?.fault;
    expect(fault?.bytes).toEqual(writeBatch(batch));
    expect(fault?.message).toContain(`offsets ${batch.firstOffset} to ${last - 1}`);
  });

  test('of a format before transactions is a gap as well', async () => {
    const plain = writeLegacyMessage(2, 'old');
    const broken = writeLegacyMessage(3, Buffer.from('no gzip'), true);
    const found = await read([plain, broken, good]);
    expect(found.map(brief)).toEqual(['2:old', '3-3 unreadable', '9:good']);
  });

  test('of a format before transactions is bounded as well', async () => {
    registerCodecs();
    limitDecompression(LIMIT);
    const bomb = writeLegacyMessage(3, gzipSync(Buffer.alloc(LIMIT + 1)), true);
    expect((await readAll([bomb, good])).map(brief)).toEqual(['3-3 too_large', '9:good']);
  });
});

describe('what is fetched at once', () => {
  test('ends with the batch that reaches the limit; the rest is fetched again', async () => {
    const budget = { limit: LIMIT, spent: 0 };
    const batch = (firstOffset: number): NewBatch => ({
      firstOffset,
      values: ['x'.repeat(LIMIT * 0.6)],
      gzip: true,
    });
    const found = await read([batch(0), batch(1), batch(2)], [], budget);
    expect(found.map(({ offset }) => offset)).toEqual(['0', '1']);
    expect(budget.spent).toBeLessThan(2 * LIMIT);
    expect(await read([batch(0)], [], budget)).toEqual([]);
  });

  test('may end within a batch, which is left out', async () => {
    const bytes = writeBatch({ firstOffset: 0, values: ['a'] });
    const cut = writeBatch({ firstOffset: 1, values: ['b'] });
    for (let length = 0; length < cut.length; length += 1) {
      const found = await read([bytes, cut.subarray(0, length)]);
      expect(found.map(brief)).toEqual(['0:a']);
    }
  });
});

test('reads what kafkajs reads', async () => {
  const decode = require('kafkajs/src/protocol/requests/fetch/v4/decodeMessages') as (
    decoder: object,
  ) => Promise<FetchedRecord[]>;
  const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object;
  const text = fc.string({ maxLength: 200 });
  const batches = fc.record({
    values: fc.array(text, { minLength: 1, maxLength: 20 }),
    headers: fc.array(
      fc.record({
        // kafkajs takes the name of what every object has for one that has been there.
        key: fc.stringMatching(/^h[a-z]{0,9}$/),
        value: text.map((value) => Buffer.from(value)),
      }),
    ),
    gzip: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(batches, fc.nat(2 ** 40), async (batch, firstOffset) => {
      const bytes = writeBatch({ ...batch, firstOffset });
      const sized = Buffer.concat([Buffer.alloc(4), bytes]);
      sized.writeInt32BE(bytes.length);
      const pick = ({ key, value, headers, timestamp, offset }: FetchedRecord): object => ({
        key,
        value,
        headers: { ...headers },
        timestamp,
        offset,
      });
      const theirs = await decode(new Decoder(sized));
      const ours = await readPartition(bytes, [], { limit: 2 ** 26, spent: 0 });
      expect(ours.map(pick)).toEqual(theirs.map(pick));
    }),
  );
});
