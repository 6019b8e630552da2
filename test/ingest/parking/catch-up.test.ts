import { beforeEach, expect, test } from '@jest/globals';
import { PLAIN_JSON } from '#core/event/event-decoder.ts';
import { IntakeBuilder } from '#ingest/intake/builder.ts';
import { CatchUp } from '#ingest/parking/catch-up.ts';
import type { GoneEvents } from '#ingest/parking/gone-events.ts';
import type { FetchedRecord } from '#kafka/fetch/fetched-record.ts';
import type { Watermark } from '#store/intake/watermarks.ts';
import type { Intake, Repeated } from '#store/intake/writer.ts';
import type { ParkingOperation } from '#store/parking/operations.ts';
import type { ParkedPlace, ParkedRange } from '#store/parking/ranges.ts';
import { RedisWork } from '#store/redis-fault.ts';
import { createOpenSealer } from '#store/sealing.ts';

const AT = { topic: 't', partition: 0 };
const SIZE = { maxEvents: 250, maxBytes: 262_144 };
const RANGE = { from: 0, to: 10, events: 5, lost: 0, since: 1, timestamp: 1, closed: false };

/** What the world answers, and what it was told. */
let world: ReturnType<typeof createWorld>;

beforeEach(() => {
  world = createWorld();
});

function createWorld() {
  return {
    ranges: {} as Record<string, Partial<ParkedRange>>,
    watermark: { offset: 100, topicId: 'A', haltedAt: null } as Watermark | null,
    topicId: 'A' as string | null,
    low: 0,
    retentionMs: null as number | null,
    /** The same as Redis has it. */
    noted: null as number | null,
    pixels: ['1', '2'],
    room: new Set(['1', '2']),
    partitions: [0],
    /** What happens while Kafka is asked for records of a partition. */
    meanwhile: null as ((partition: number) => void) | null,
    paused: false,
    answers: [] as ('written' | 'conflict' | Repeated)[],
    window: [] as string[],
    /** Offsets of messages; every one belongs to both pixels. */
    log: Array.from({ length: 100 }, (_, offset) => offset),
    /** Kafka answers with whole batches: how many offsets before the one that is asked for. */
    before: 0,
    fetched: [] as number[],
    written: [] as ParkingOperation[][],
    closed: [] as string[],
    ended: [] as string[],
    /** Offsets of messages that no pixel selects any more, and that cannot be read any more. */
    deselected: new Set<number>(),
    unreadable: new Set<number>(),
    lost: [] as GoneEvents[],
    leftOut: [] as GoneEvents[],
    failures: 0,
  };
}

function placeOf(partition: number): ParkedPlace {
  const ranges = Object.entries(world.ranges).map(
    ([id, own]) => [id, { ...RANGE, ...own }] as const,
  );
  const own = { seen: 100, topicId: 'A', groupId: 'g', retentionMs: world.noted };
  return { ...AT, partition, ...own, ranges: new Map(ranges) };
}

function record(offset: number): FetchedRecord {
  const bytes = { key: null, value: Buffer.from('{}'), headers: {} };
  return {
    ...bytes,
    attributes: 0,
    timestamp: `${1000 + offset}`,
    offset: `${offset}`,
    isControlRecord: false,
  };
}

function catchUp(): CatchUp {
  const pixels = world.pixels.map((pixelId) => ({ pixelId }) as never);
  const mappings = { pixels, route: () => [0, 1] };
  const made = new CatchUp({
    groupId: 'g',
    parked: async () =>
      world.partitions.flatMap((partition) => {
        const place = placeOf(partition);
        const other = new Map([['1', { ...RANGE, from: 90, to: 95 }]]);
        return [place, { ...place, groupId: 'another', ranges: other }];
      }),
    store: {
      watermarks: async (at) => at.map(() => world.watermark),
      async write({ parking = [], onParkedGone }: Intake) {
        const answer = world.answers.shift() ?? 'written';
        if (answer === 'written') world.written.push([...parking]);
        const of = (which: string) => parking.some(({ kind }) => kind === which);
        if (of('lose')) onParkedGone?.(new Map([['1', { lost: 3, leftOut: 0 }]]));
        if (of('drop')) onParkedGone?.(new Map([['3', { lost: 0, leftOut: 3 }]]));
        return answer;
      },
    },
    builder: new IntakeBuilder(createOpenSealer(), SIZE, { envelope() {} }, 'r'),
    reader: {
      mappings,
      readParked(_message, { offset }, _now, wanted) {
        if (world.unreadable.has(offset)) return 'unreadable';
        return world.deselected.has(offset) ? [] : ['1', '2'].filter(wanted);
      },
    },
    mappings: () => mappings,
    decoder: PLAIN_JSON,
    registryWork: new RedisWork({ onFailure() {} }),
    window: {
      onWritten: () => void world.window.push('written'),
      onRefused: (known) => void world.window.push(`refused ${known?.join() ?? 'all'}`),
    },
    parking: { mark: () => 0, prune() {}, close: (_at, pixelId) => world.closed.push(pixelId) },
    shares: { hasRoom: (pixelId) => world.room.has(pixelId), add() {} },
    log: {
      async fetch({ partition }, from) {
        world.fetched.push(from);
        world.meanwhile?.(partition);
        return world.log.filter((offset) => offset >= from - world.before).map(record);
      },
      starts: async () => new Map(world.partitions.map((partition) => [partition, world.low])),
      retention: async () => world.retentionMs,
      topicId: async () => world.topicId,
      close: async () => {},
    },
    work: new RedisWork({ onFailure() {} }),
    isPaused: () => world.paused,
    maxBytes: 1_000_000,
    onRead() {},
    onEnded: (pixelId) => world.ended.push(pixelId),
    onLost: (lost) => world.lost.push(lost),
    onLeftOut: (leftOut) => world.leftOut.push(leftOut),
    onFailure() {
      world.failures += 1;
    },
  });
  made.assign({ t: world.partitions });
  return made;
}

const found = (pixelId: string, from: number, to: number, events: number) => ({
  ...{ at: AT, kind: 'found', pixelId, from, to, events },
  timestamp: 1000 + to - 1,
  gone: 0,
});

test('a range is read to its end, closed and over', async () => {
  world.ranges = { 1: {} };
  expect(await catchUp().look()).toBe(true);
  expect(world.written).toEqual([[found('1', 0, 10, 10)]]);
  expect([world.closed, world.ended]).toEqual([['1'], ['1']]);
});

test('a stretch is read once for all pixels that are due in it, each from where it goes on', async () => {
  world.ranges = { 1: { from: 4 }, 2: { from: 2, to: 8 } };
  await catchUp().look();
  expect(world.fetched).toEqual([2]);
  expect(world.written).toEqual([
    [
      { ...found('2', 2, 8, 6), timestamp: 1009 },
      { ...found('1', 4, 10, 6), timestamp: 1009 },
    ],
  ]);
});

test('a range that begins before the stretch has no part in it, and its turn comes when the sweep starts over', async () => {
  world.ranges = { 1: { from: 20, to: 60 } };
  const reading = catchUp();
  world.log = world.log.filter((offset) => offset < 30);
  await reading.look();
  world.log = Array.from({ length: 100 }, (_, offset) => offset);
  world.ranges = { 1: { from: 30, to: 60 }, 2: { from: 5, to: 40 } };
  await reading.look();
  await reading.look();
  expect(world.fetched).toEqual([20, 30, 5]);
  expect(world.written[1]).toEqual([found('1', 30, 60, 30)]);
  expect(world.written[2]?.[0]).toMatchObject({ pixelId: '2', from: 5, to: 40, events: 35 });
});

test('a gap that reaches further than the range ends it', async () => {
  world.ranges = { 1: {} };
  world.log = [0, 1, 2, 20];
  await catchUp().look();
  expect(world.written).toEqual([[{ ...found('1', 0, 10, 3), timestamp: 1002, gone: 7 }]]);
  expect(world.ended).toEqual(['1']);
});

test('a pixel whose lane has no room waits, and the other one does not wait for it', async () => {
  world.ranges = { 1: {}, 2: { from: 5 } };
  world.room = new Set(['2']);
  await catchUp().look();
  expect(world.written).toEqual([[found('2', 5, 10, 5)]]);
});

test('what is left of a closed range is read though its lane has no room', async () => {
  world.ranges = { 1: { closed: true }, 2: { closed: true, to: 5000 } };
  world.room = new Set();
  await catchUp().look();
  expect(world.written).toEqual([[found('1', 0, 10, 10)]]);
});

test.each<[string, () => void]>([
  ['Redis is full', () => Object.assign(world, { paused: true })],
  ['the topic was recreated', () => Object.assign(world, { topicId: 'B' })],
  [
    'the partition is halted',
    () => Object.assign(world, { watermark: { offset: 100, topicId: 'A', haltedAt: 3 } }),
  ],
  [
    'a person has moved the watermark back',
    () => Object.assign(world, { watermark: { offset: 7, topicId: 'A', haltedAt: null } }),
  ],
  ['Redis has lost the watermark', () => Object.assign(world, { watermark: null })],
  [
    'the pixel is not configured',
    () => Object.assign(world, { ranges: { 3: {} }, room: new Set(['3']) }),
  ],
])('nothing is read again while %s', async (_, happens) => {
  world.ranges = { 1: {} };
  happens();
  expect(await catchUp().look()).toBe(false);
  expect(world.written).toEqual([]);
});

test('what is not in the log is passed over, and what Kafka has deleted is lost', async () => {
  world.ranges = { 1: { to: 50, from: 2 } };
  world.low = 20;
  const reading = catchUp();
  expect(await reading.look()).toBe(true);
  expect(world.written).toEqual([
    [{ at: AT, kind: 'lose', pixelId: '1', from: 2, to: 20, timestamp: -1 }],
  ]);
  expect(world.lost).toEqual([{ pixel: '1', ...AT, from: 2, to: 20, events: 3 }]);
});

test('messages that no pixel selects any more are in the log, and those that cannot be read are gone', async () => {
  world.ranges = { 1: { from: 2 } };
  world.deselected = new Set([1, 3, 4]);
  world.unreadable = new Set([0, 5]);
  world.log = world.log.filter((offset) => offset !== 7);
  await catchUp().look();
  expect(world.written).toEqual([[{ ...found('1', 2, 10, 4), gone: 2 }]]);
});

test('what Kafka has deleted of a pixel that is not configured any more is left out, and not lost', async () => {
  world.ranges = { 3: { to: 50, from: 2 } };
  world.low = 20;
  expect(await catchUp().look()).toBe(true);
  expect(world.written).toEqual([
    [{ at: AT, kind: 'drop', pixelId: '3', from: 2, to: 20, timestamp: -1 }],
  ]);
  expect(world.leftOut).toEqual([{ pixel: '3', ...AT, from: 2, to: 20, events: 3 }]);
  expect(world.lost).toEqual([]);
});

test('how long Kafka keeps messages is noted where it is not known', async () => {
  world.ranges = { 1: {} };
  world.room = new Set();
  world.retentionMs = 5000;
  expect(await catchUp().look()).toBe(true);
  expect(world.written).toEqual([[{ at: AT, kind: 'keep', retentionMs: 5000 }]]);
  world.noted = 5000;
  expect(await catchUp().look()).toBe(false);
});

test('after a conflict nothing is told, and the next look reads what Redis has then', async () => {
  world.ranges = { 1: {} };
  world.answers = ['conflict'];
  const reading = catchUp();
  expect(await reading.look()).toBe(true);
  expect([world.closed, world.ended, world.written]).toEqual([[], [], []]);
  world.ranges = { 1: { from: 6 } };
  await reading.look();
  expect(world.written).toEqual([[found('1', 6, 10, 4)]]);
});

test('another assignment takes nothing of this one with it', async () => {
  world.ranges = { 1: {} };
  const reading = catchUp();
  reading.assign({ t: [1] });
  expect(await reading.look()).toBe(false);
  expect(world.fetched).toEqual([]);
});

test('what fails in one partition keeps no other waiting', async () => {
  world.ranges = { 1: {} };
  world.partitions = [0, 1];
  world.meanwhile = (partition) => {
    if (partition === 0) throw new Error('no leader');
  };
  expect(await catchUp().look()).toBe(true);
  expect(world.written).toEqual([[{ ...found('1', 0, 10, 10), at: { ...AT, partition: 1 } }]]);
  expect(world.failures).toBe(1);
});

test('a look ends with the assignment that it was for', async () => {
  world.ranges = { 1: {} };
  world.partitions = [0, 1];
  const reading = catchUp();
  world.meanwhile = () => reading.assign({ t: [0] });
  await reading.look();
  expect(world.written.flat().map(({ at }) => at.partition)).toEqual([0]);
});

test('records are not taken where the topic was recreated while they were read', async () => {
  world.ranges = { 1: {} };
  world.meanwhile = () => {
    world.topicId = 'B';
  };
  expect(await catchUp().look()).toBe(false);
  expect(world.fetched).toEqual([0]);
  expect(world.written).toEqual([]);
});

test('while Kafka gives no record nothing is written, and the next look waits', async () => {
  world.ranges = { 1: {} };
  world.log = [];
  expect(await catchUp().look()).toBe(false);
  expect(world.written).toEqual([]);
});

test('what a batch has before the place that was asked for is passed over, however much it is', async () => {
  world.log = Array.from({ length: 2500 }, (_, offset) => offset);
  world.before = 2400;
  world.ranges = { 1: { from: 2400, to: 2410 } };
  await catchUp().look();
  expect(world.written).toEqual([[found('1', 2400, 2410, 10)]]);
});

test('a range stays open while much of it is left', async () => {
  world.ranges = { 1: { to: 2101 }, 2: { to: 2100 } };
  await catchUp().look();
  expect(world.written).toHaveLength(1);
  expect([world.closed, world.ended]).toEqual([['2'], []]);
});

test('one write takes no more than 500 pixels', async () => {
  world.pixels = Array.from({ length: 501 }, (_, index) => `${index + 1}`);
  world.room = new Set(world.pixels);
  world.ranges = Object.fromEntries(world.pixels.map((pixelId) => [pixelId, {}]));
  await catchUp().look();
  expect(world.written[0]).toHaveLength(500);
});

test('the window learns which events were taken, and which are repeated', async () => {
  world.ranges = { 1: {} };
  const reading = catchUp();
  world.answers = [{ known: [3, 4] }, { known: null }, 'conflict', 'written'];
  for (const expected of ['refused 3,4', 'refused all', 'refused ', 'written']) {
    await reading.look();
    expect(world.window.at(-1)).toBe(expected);
  }
  expect([world.closed, world.ended]).toEqual([['1'], ['1']]);
});

test('a process that stops writes nothing more', async () => {
  world.ranges = { 1: {} };
  world.partitions = [0, 1];
  const reading = catchUp();
  let stopped: Promise<void> | null = null;
  world.meanwhile = () => {
    stopped ??= reading.stop();
  };
  await reading.look();
  await stopped;
  expect(world.fetched).toEqual([0]);
});
