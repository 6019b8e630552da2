import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectForCommands, type Redis } from '#store/connection.ts';
import { createIntakeStore, type Intake, type IntakeStore } from '#store/intake/writer.ts';
import type { Gone, ParkingOperation } from '#store/parking/operations.ts';
import { readAllParked } from '#store/parking/ranges.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { imbalance, type Ledger, readLedgers } from '#store/status/ledger.ts';
import { createStore, type Store } from '#store/store.ts';
import { uniqueName } from '#test/support/names.ts';

const URL_OF_REDIS = process.env['TEST_REDIS_URL'] ?? '';
const SICK = '101';
const AT = { topic: 't', partition: 0 };

describe('a parked range', () => {
  let redis: Redis;
  let store: Store;
  let intakes: IntakeStore;
  let gone: ReadonlyMap<string, Gone>;

  beforeAll(() => {
    redis = connectForCommands(URL_OF_REDIS, () => {});
  });
  beforeEach(() => {
    store = createStore(redis, `{${uniqueName('parking')}}`);
    intakes = createIntakeStore(store, { groupId: 'g', sealer: createOpenSealer() });
    gone = new Map();
  });
  afterEach(() => intakes.close());
  afterAll(() => redis.quit());

  const ledger = async (): Promise<Ledger | undefined> => (await readLedgers(store)).get(SICK);

  async function range() {
    const [place] = await readAllParked(store);
    return place?.ranges.get(SICK) ?? null;
  }

  /** Moves the watermark, and parks events in between. */
  function parks(from: number | null, to: number, n: number): Intake {
    const stretch = { from: from ?? 0, to, events: n, timestamp: 1000 };
    const parking: ParkingOperation[] = [
      { at: AT, kind: 'park', pixelId: SICK, ...stretch },
      { at: AT, kind: 'seen', to, topicId: null },
    ];
    const counts = { consumed: n, filtered: 0, dead: 0, queued: 0, parked: n };
    const steps = [{ ...AT, from, to }];
    return { ...nothing(), counts: new Map([[SICK, counts]]), steps, parking };
  }

  function nothing(): Intake {
    const onParkedGone: Intake['onParkedGone'] = (found) => {
      gone = found;
    };
    return { envelopes: [], deadLetters: [], counts: new Map(), steps: [], onParkedGone };
  }

  /**
   * Reads a stretch again: what is found is queued.
   * @param holes offsets without a message that can be read
   */
  function finds(from: number, to: number, n: number, holes = 0): Intake {
    const counts = { consumed: n, filtered: 0, dead: 0, queued: n };
    const data = { n, d: 'all' };
    const envelopes = n === 0 ? [] : [{ pixelId: SICK, id: `again-${from}`, data }];
    const stretch = { from, to, events: n, timestamp: 2000, gone: holes };
    const parking = [{ at: AT, kind: 'found', pixelId: SICK, ...stretch } as const];
    return { ...nothing(), envelopes, counts: new Map(n === 0 ? [] : [[SICK, counts]]), parking };
  }

  const loses = (from: number, to: number, kind: 'lose' | 'drop' = 'lose'): Intake => ({
    ...nothing(),
    parking: [{ at: AT, kind, pixelId: SICK, from, to, timestamp: -1 }],
  });

  /** How many the ledger has left out, for this reason. */
  const leftOut = async () => {
    const fields = ['filtered', 'filtered:deselected', 'passed'];
    return (await redis.hmget(store.keys.ledger(SICK), ...fields)).map(Number);
  };

  test('holds what was parked until it is read again, once, and is gone then', async () => {
    const first = parks(null, 100, 40);
    expect(await intakes.write(first)).toBe('written');
    expect(await intakes.write(first)).toBe('written');
    expect(await intakes.write(parks(100, 150, 10))).toBe('written');
    expect(await range()).toMatchObject({ from: 0, to: 150, events: 50, closed: false });
    expect(await ledger()).toMatchObject({ consumed: 50, parked: 50, queued: 0 });
    expect(await intakes.write(finds(0, 120, 45))).toBe('written');
    // Another member read the same stretch.
    expect(await intakes.write(finds(0, 120, 45))).toBe('conflict');
    expect(await range()).toMatchObject({ from: 120, to: 150, events: 5, timestamp: 2000 });
    expect(await intakes.write(finds(120, 150, 5))).toBe('written');
    expect(await ledger()).toMatchObject({ consumed: 50, parked: 0, queued: 50, lost: 0 });
    expect(await readAllParked(store)).toEqual([]);
    expect(await redis.keys(`${store.keys.parked}*`)).toEqual([]);
  });

  test('that is closed takes no more events, and ends where it is told', async () => {
    await intakes.write(parks(null, 100, 40));
    const close = { at: AT, kind: 'close', pixelId: SICK, to: 60 } as const;
    expect(await intakes.write({ ...nothing(), parking: [close] })).toBe('written');
    expect(await range()).toMatchObject({ from: 0, to: 60, events: 40, closed: true });
    expect(await intakes.write(parks(100, 150, 10))).toBe('conflict');
    expect(await ledger()).toMatchObject({ consumed: 40, parked: 40 });
    await intakes.write(finds(0, 60, 30));
    expect(gone).toEqual(new Map([[SICK, { lost: 10, leftOut: 0 }]]));
    expect(await ledger()).toMatchObject({ consumed: 40, queued: 30, parked: 0, lost: 10 });
  });

  test('of which Kafka has deleted a part counts it as lost, and takes back what is found after all', async () => {
    await intakes.write(parks(null, 100, 50));
    expect(await intakes.write(loses(0, 40))).toBe('written');
    expect(gone).toEqual(new Map([[SICK, { lost: 20, leftOut: 0 }]]));
    expect(await ledger()).toMatchObject({ consumed: 50, parked: 30, lost: 20 });
    expect(await intakes.write(finds(40, 100, 32))).toBe('written');
    const found = await ledger();
    expect(found).toMatchObject({ consumed: 50, queued: 32, parked: 0, lost: 18 });
    expect(found && imbalance(found)).toBe(0);
    expect(await range()).toBeNull();
  });

  test('of which Kafka has deleted more events than it seemed counts the rest as lost too', async () => {
    await intakes.write(parks(null, 100, 50));
    await intakes.write(loses(0, 40));
    expect(await intakes.write(finds(40, 100, 22))).toBe('written');
    expect(gone).toEqual(new Map([[SICK, { lost: 8, leftOut: 0 }]]));
    expect(await ledger()).toMatchObject({ consumed: 50, queued: 22, filtered: 0, lost: 28 });
  });

  test('whose events the pixel selects no more leaves them out, and loses what is not in Kafka any more', async () => {
    await intakes.write(parks(null, 100, 50));
    expect(await intakes.write(finds(0, 40, 10, 3))).toBe('written');
    expect(await leftOut()).toEqual([0, 0, 0]);
    // A range of before has no such number; this one says of how many offsets it is.
    expect(await redis.hget(`${store.keys.parkedOf('g', AT.topic, AT.partition)}`, SICK)).toMatch(
      / o 3$/,
    );
    expect(await intakes.write(finds(40, 100, 5, 1))).toBe('written');
    expect(gone).toEqual(new Map([[SICK, { lost: 4, leftOut: 31 }]]));
    const found = await ledger();
    expect(found).toMatchObject({ consumed: 50, queued: 15, filtered: 31, parked: 0, lost: 4 });
    expect(found && imbalance(found)).toBe(0);
    expect(await leftOut()).toEqual([31, 31, 31]);
    expect(await readAllParked(store)).toEqual([]);
  });

  test('of a pixel that is not configured any more leaves out what Kafka deletes', async () => {
    await intakes.write(parks(null, 100, 50));
    expect(await intakes.write(loses(0, 40, 'drop'))).toBe('written');
    expect(await intakes.write(loses(0, 40, 'drop'))).toBe('conflict');
    expect(await range()).toMatchObject({ from: 40, to: 100, events: 30, lost: 0 });
    expect(await intakes.write(loses(40, 500, 'drop'))).toBe('written');
    expect(gone).toEqual(new Map([[SICK, { lost: 0, leftOut: 30 }]]));
    expect(await ledger()).toMatchObject({ consumed: 50, filtered: 50, parked: 0, lost: 0 });
    // None was ever queued.
    expect(await leftOut()).toEqual([50, 50, 0]);
    expect(await readAllParked(store)).toEqual([]);
  });

  test('that has gone from Kafka altogether is lost altogether', async () => {
    await intakes.write(parks(null, 100, 50));
    expect(await intakes.write(loses(0, 500))).toBe('written');
    expect(await ledger()).toMatchObject({ consumed: 50, parked: 0, lost: 50 });
    expect(await readAllParked(store)).toEqual([]);
  });

  test('that is over, or goes on elsewhere, is not read again, lost or left out once more', async () => {
    await intakes.write(parks(null, 100, 50));
    for (const kind of ['lose', 'drop'] as const) {
      expect(await intakes.write(loses(7, 40, kind))).toBe('conflict');
    }
    expect(await intakes.write(finds(7, 40, 5))).toBe('conflict');
    expect(await intakes.write(finds(0, 100, 50))).toBe('written');
    const before = await ledger();
    expect(before).toMatchObject({ consumed: 50, queued: 50, parked: 0 });
    for (const kind of ['lose', 'drop'] as const) {
      expect(await intakes.write(loses(0, 40, kind))).toBe('conflict');
    }
    expect(await intakes.write(finds(0, 100, 50))).toBe('conflict');
    expect(await ledger()).toEqual(before);
  });

  test('leaves nothing behind when what is told of its partition comes late', async () => {
    const close = { at: AT, kind: 'close', pixelId: SICK, to: null } as const;
    const keep = { at: AT, kind: 'keep', retentionMs: 5000 } as const;
    const seen = { at: AT, kind: 'seen', to: 100, topicId: null } as const;
    for (const operation of [close, keep, seen]) {
      expect(await intakes.write({ ...nothing(), parking: [operation] })).toBe('written');
    }
    expect(await redis.keys(`${store.keys.parked}*`)).toEqual([]);
  });

  test('goes on with what is known of its partition, and is closed where it ends', async () => {
    await intakes.write(parks(null, 100, 40));
    const keep = { at: AT, kind: 'keep', retentionMs: 5000 } as const;
    await intakes.write({ ...nothing(), parking: [keep] });
    const other = { at: AT, kind: 'park', pixelId: '102', from: 100, to: 101 } as const;
    await intakes.write({ ...nothing(), parking: [{ ...other, events: 1, timestamp: 1 }] });
    const close = { at: AT, kind: 'close', pixelId: SICK, to: null } as const;
    await intakes.write({ ...nothing(), parking: [close] });
    expect(await readAllParked(store)).toMatchObject([{ retentionMs: 5000, seen: 100 }]);
    expect(await range()).toMatchObject({ from: 0, to: 100, events: 40, closed: true });
    // The other one is still there: so is how far the partition was read.
    await intakes.write(finds(0, 100, 40));
    expect(await readAllParked(store)).toMatchObject([{ retentionMs: 5000, seen: 100 }]);
  });

  test('that is damaged is neither read nor written over', async () => {
    const key = store.keys.parkedOf('g', AT.topic, AT.partition);
    await redis.hset(key, SICK, '0 100 x');
    await expect(intakes.write(parks(null, 200, 40))).rejects.toThrow('is damaged');
    expect(await redis.hgetall(key)).toEqual({ [SICK]: '0 100 x' });
    expect(await ledger()).toBeUndefined();
    await expect(intakes.parked(AT)).rejects.toThrow('is damaged');
  });

  test('for which Redis refuses a command takes everything back', async () => {
    await redis.set(store.keys.parked, 'of another type');
    await expect(intakes.write(parks(null, 100, 40))).rejects.toThrow(/WRONGTYPE/);
    expect(await ledger()).toMatchObject({ consumed: 0, parked: 0 });
    expect(await intakes.watermarks([AT])).toEqual([null]);
    expect(await redis.keys(`${store.keys.parked}:*`)).toEqual([]);
    await redis.del(store.keys.parked);
    expect(await intakes.write(parks(null, 100, 40))).toBe('written');
  });
});
