import { describe, expect, test } from '@jest/globals';
import { AssignedPartitions, committedOffsets, FIRST_COMMIT_MS } from '#ingest/kafka/partitions.ts';
import { KafkaWork } from '#kafka/fault.ts';
import type { Watermark } from '#store/intake/watermarks.ts';
import { noParking } from '#test/support/no-parking.ts';

const A = 'AAAAAAAAAAAAAAAAAAAAAA';
const B = 'BBBBBBBBBBBBBBBBBBBBBB';

/** A store that holds one watermark, as Redis would. */
function storeOf(start: Watermark | null, committed = 0) {
  const state = { watermark: start, now: 0, failures: 0, reported: 0 };
  const store = {
    ...noParking(),
    watermarks: async () => [state.watermark],
    async replace(_at: object, from: Watermark, to: Watermark) {
      if (JSON.stringify(state.watermark) !== JSON.stringify(from)) return false;
      state.watermark = to;
      return true;
    },
  };
  const partitions = new AssignedPartitions(store, {
    ...noParking(),
    async committed() {
      state.failures -= 1;
      if (state.failures >= 0) throw new Error('Kafka is away');
      return committed;
    },
    kafkaWork: new KafkaWork({
      onFailure() {
        state.reported += 1;
      },
    }),
    now: () => state.now,
  });
  return { state, partitions };
}

function batch(firstOffset: number, more: object = {}) {
  const lastOffset = firstOffset + 9;
  return { firstOffset, lastOffset, endOffset: 100, logStart: 0, topicId: A, ...more };
}

test('what became void before a first watermark is read again, not passed over', async () => {
  const { partitions } = storeOf(null);
  expect(await partitions.next('t', 0, batch(0))).toMatchObject({ kind: 'read' });
  partitions.forget();
  expect(await partitions.next('t', 0, batch(10))).toEqual({ kind: 'seek', offset: 0 });
  expect(await partitions.next('t', 0, batch(0))).toMatchObject({
    kind: 'read',
    position: { from: null, next: 0 },
  });
});

describe('a Redis that knows nothing of a partition any more', () => {
  test('makes a member go back to what the group has committed, not to what it was given', async () => {
    const { state, partitions } = storeOf({ offset: 50, topicId: A, haltedAt: null }, 20);
    await partitions.next('t', 0, batch(50));
    partitions.forget();
    state.watermark = null;
    expect(await partitions.next('t', 0, batch(60))).toEqual({ kind: 'seek', offset: 20 });
  });

  test('is asked for in Kafka again and again until it answers', async () => {
    const { state, partitions } = storeOf(null, 20);
    state.failures = 2;
    expect(await partitions.floor('t', 0)).toBe(20);
    expect(state.reported).toBe(2);
  });

  test('finds nothing committed of a partition in its first minute', async () => {
    const { state, partitions } = storeOf(null);
    await partitions.next('t', 0, batch(0));
    const step = { topic: 't', partition: 0, from: null, to: 10, topicId: A };
    partitions.markWritten([step]);
    state.now = FIRST_COMMIT_MS - 1;
    expect(partitions.uncommitted()).toEqual([]);
    // Going back does not begin the minute again.
    partitions.forget();
    state.watermark = { offset: 10, topicId: A, haltedAt: null };
    await partitions.next('t', 0, batch(10));
    partitions.markWritten([{ ...step, from: 10, to: 20 }]);
    state.now = FIRST_COMMIT_MS;
    const due = [{ topic: 't', partition: 0, offset: '20' }];
    expect(partitions.uncommitted()).toEqual(due);
    partitions.markCommitted(due);
    expect(await partitions.floor('t', 0)).toBe(20);
  });
});

describe('while a partition is read', () => {
  async function reading() {
    const made = storeOf({ offset: 0, topicId: A, haltedAt: null });
    const next = await made.partitions.next('t', 0, batch(0));
    if (next.kind !== 'read') throw new Error('not read');
    next.position.next = 10;
    return made;
  }

  test('what retention removes ahead of it is missing, and it goes on behind', async () => {
    const { partitions } = await reading();
    const next = await partitions.next('t', 0, batch(40, { logStart: 30 }));
    expect(next).toMatchObject({
      kind: 'read',
      position: { from: 0, next: 30 },
      missing: { from: 10, to: 30 },
    });
    expect(await partitions.next('t', 0, batch(40, { logStart: 30 }))).toMatchObject({
      missing: null,
    });
  });

  test('a gap within the log is not missing', async () => {
    const { partitions } = await reading();
    expect(await partitions.next('t', 0, batch(40, { logStart: 5 }))).toMatchObject({
      kind: 'read',
      missing: null,
    });
  });

  test('a topic that is recreated is read from its beginning, once', async () => {
    const { state, partitions } = await reading();
    expect(await partitions.next('t', 0, batch(10, { topicId: B }))).toEqual({ kind: 'reread' });
    partitions.forget();
    const before = { offset: 0, topicId: A, haltedAt: null };
    const to = { offset: 0, topicId: B, haltedAt: null };
    expect(await partitions.next('t', 0, batch(10, { topicId: B }))).toEqual({
      kind: 'recreated',
      before,
      to,
    });
    expect(state.watermark).toEqual(to);
    expect(await partitions.next('t', 0, batch(0, { topicId: B }))).toMatchObject({ kind: 'read' });
  });
});

describe('a log that was cut', () => {
  const cut = { topicId: A, endOffset: 60 };

  test('halts the partition, and stays so after a restart', async () => {
    const { state, partitions } = storeOf({ offset: 80, topicId: A, haltedAt: null });
    expect(await partitions.next('t', 0, batch(0, cut))).toEqual({ kind: 'seek', offset: 80 });
    const watermark = { offset: 80, topicId: A, haltedAt: 60 };
    expect(await partitions.next('t', 0, batch(0, cut))).toEqual({
      kind: 'halt',
      watermark,
      found: true,
    });
    expect(state.watermark).toEqual(watermark);
    // The log has grown past the watermark meanwhile: what is between is new, and unread.
    const grown = { topicId: A, endOffset: 90 };
    partitions.reassign();
    expect(await partitions.next('t', 0, batch(80, grown))).toEqual({
      kind: 'halt',
      watermark,
      found: false,
    });
  });

  test('changes nothing where another process was faster', async () => {
    const { state, partitions } = storeOf({ offset: 80, topicId: A, haltedAt: null });
    await partitions.next('t', 0, batch(0, cut));
    const other = { offset: 60, topicId: A, haltedAt: null };
    const asked = partitions.next('t', 0, batch(0, cut));
    state.watermark = other;
    expect(await asked).toEqual({ kind: 'reread' });
    expect(state.watermark).toEqual(other);
  });
});

describe('what Kafka holds as committed', () => {
  const progress = async (_groupId: string, [topic = '']: readonly string[]) => {
    asked.push(topic);
    return [0, 1].map((partition) => ({ topic, partition, next: 20 + partition, high: 100 }));
  };
  const asked: string[] = [];

  test('is asked once for partitions of a topic that ask at the same time', async () => {
    asked.length = 0;
    const committed = committedOffsets({ progress }, 'g');
    expect(await Promise.all([committed('t', 0), committed('t', 1), committed('u', 1)])).toEqual([
      20, 21, 21,
    ]);
    expect(asked).toEqual(['t', 'u']);
    await committed('t', 0);
    expect(asked).toEqual(['t', 'u', 't']);
  });

  test('is an error for a partition that does not exist', async () => {
    await expect(committedOffsets({ progress }, 'g')('t', 9)).rejects.toThrow('partition 9 of t');
  });
});
