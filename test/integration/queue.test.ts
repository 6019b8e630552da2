import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { NewDeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { connectForCommands, connectForWorker } from '#store/connection.ts';
import type { NewDeadLetter } from '#store/dead-letters/script-arguments.ts';
import { type Disposition, type HeldEnvelope, openLane } from '#store/delivery/lane.ts';
import { Leases } from '#store/delivery/leases.ts';
import { createSettlementStore } from '#store/delivery/settlement.ts';
import { openEnvelope, RecordLines, sealEnvelope } from '#store/intake/envelope.ts';
import type { Intake, IntakeStore } from '#store/intake/writer.ts';
import { createIntakeStore } from '#store/intake/writer.ts';
import { RedisWork } from '#store/redis-fault.ts';
import { createSealer } from '#store/sealing.ts';
import { readLaneDepths } from '#store/status/depth.ts';
import { imbalance, readLedgers } from '#store/status/ledger.ts';
import { createStore } from '#store/store.ts';
import { eventually } from '#test/support/deadline.ts';
import { disposing } from '#test/support/disposing.ts';

const URL = process.env['TEST_REDIS_URL'] ?? '';
const PIXEL = '101';
const sealer = createSealer('k', [{ id: 'k', key: randomBytes(32) }]);
const connections: Redis[] = [];
let prefix = '';
let redis: Redis;
let store: IntakeStore;

function connect(make = connectForCommands): Redis {
  const connection = make(URL, () => {});
  connections.push(connection);
  return connection;
}

function leases(): Leases {
  const work = new RedisWork({ onFailure() {} });
  return new Leases(createStore(connect(), prefix), { lockMs: 30_000, work, onLost: () => {} });
}

beforeEach(() => {
  prefix = `{queue-${randomBytes(6).toString('hex')}}`;
  redis = connect();
  store = createIntakeStore(createStore(redis, prefix), { groupId: 'g', sealer });
});

afterEach(async () => {
  await store.close();
});

afterAll(async () => {
  await Promise.all(connections.map((connection) => connection.quit().catch(() => {})));
});

function letter(id: string): NewDeadLetter {
  const facts: NewDeadLetterFacts = {
    pixelId: PIXEL,
    stage: 'worker',
    reason: 'rejected_by_meta',
    message: 'no',
    kafka: { topic: 't', partition: 0, offset: 0, timestamp: 0 },
    diedAt: 1,
    horizon: null,
    eventName: 'Purchase',
    eventId: id,
    attempts: 1,
    replays: 0,
    refusal: null,
    unknown: false,
    holds: 'record',
  };
  return { facts, content: Buffer.from('jane@example.com') };
}

/** An intake of one envelope of `n` events, read from `from` up to `to`. */
function intake(from: number | null, to: number, n = 3): Intake {
  const lines = Array.from({ length: n }, (_, index) =>
    Buffer.from(`0,0,0,0,${to - index}\t{}\t{}`),
  );
  const name = { pixelId: PIXEL, id: `t-0-${from ?? 0}` };
  const data = sealEnvelope(sealer, name, [['t', 0]], RecordLines.of(lines));
  return {
    envelopes: [{ ...name, data }],
    deadLetters: [],
    counts: new Map([[PIXEL, { consumed: n, filtered: 0, dead: 0, queued: n }]]),
    steps: [{ topic: 't', partition: 0, from, to }],
  };
}

async function ledger() {
  const found = (await readLedgers(createStore(redis, prefix))).get(PIXEL);
  if (found === undefined) throw new Error('no ledger');
  expect(imbalance(found)).toBe(0);
  return found;
}

describe('an intake', () => {
  test('is taken with its watermark, and only once', async () => {
    const first = intake(null, 3);
    expect(await store.write(first)).toBe('written');
    expect(await store.write(first)).toBe('written'); // as after an answer that got lost
    expect(await store.write(intake(null, 3))).toBe('conflict'); // another one took the same messages
    expect(await store.watermarks([{ topic: 't', partition: 0 }])).toMatchObject([{ offset: 3 }]);
    expect(await ledger()).toMatchObject({ consumed: 3, queued: 3 });
    expect((await readLaneDepths(createStore(redis, prefix), [PIXEL])).get(PIXEL)).toMatchObject({
      waiting: 1,
    });
  });

  test('of an owner that was replaced meanwhile is refused', async () => {
    await store.write(intake(null, 3));
    expect(await store.write(intake(null, 5))).toBe('conflict');
    expect(await store.write(intake(1, 5))).toBe('conflict');
    expect(await store.write(intake(3, 6))).toBe('written');
    expect((await ledger()).queued).toBe(6);
  });

  test('two owners at once: one of them wins, whatever the moment', async () => {
    const rival = createIntakeStore(createStore(connect(), prefix), { groupId: 'g', sealer });
    for (let at = 0; at < 50; at += 1) {
      const from = at === 0 ? null : at * 3;
      const results = await Promise.all(
        [store, rival].map((each) => each.write(intake(from, (at + 1) * 3))),
      );
      expect(results.toSorted()).toEqual(['conflict', 'written']);
    }
    await rival.close();
    expect((await ledger()).queued).toBe(150);
  });

  test('waits in Redis sealed', async () => {
    await store.write({ ...intake(null, 3), deadLetters: [letter('d')] });
    const dump: string[] = [];
    for (const key of await redis.keys(`${prefix}*`)) {
      dump.push((await redis.dumpBuffer(key))?.toString('latin1') ?? '');
    }
    expect(dump.join()).not.toContain('jane@example.com');
  });
});

describe('a lane', () => {
  async function follow(dispositions: Disposition[]): Promise<HeldEnvelope[]> {
    await store.write(intake(null, 3));
    const held: HeldEnvelope[] = [];
    const settlements = createSettlementStore(createStore(redis, prefix), {
      sealer,
      work: new RedisWork({ onFailure() {} }),
    });
    const lane = openLane(
      createStore(connect(connectForWorker), prefix),
      {
        pixelId: PIXEL,
        concurrency: 4,
        lockMs: 30_000,
        leases: leases(),
        onError: () => {},
        onMalformed: async () => 0,
      },
      disposing(settlements, PIXEL, (envelope) => {
        held.push(envelope);
        return dispositions[held.length - 1] ?? { kind: 'done' };
      }),
    );
    await eventually(async () => expect(held).toHaveLength(dispositions.length));
    await eventually(async () => {
      const depth = (await readLaneDepths(createStore(redis, prefix), [PIXEL])).get(PIXEL);
      expect(depth).toMatchObject({ waiting: 0, active: 0, delayed: 0, failed: 0 });
    });
    await lane.close();
    return held;
  }

  test('hands out an envelope that opens', async () => {
    const [held] = await follow([{ kind: 'done' }]);
    const name = { pixelId: PIXEL, id: held?.id ?? '' };
    expect(openEnvelope(sealer, name, held?.data ?? { n: 0, d: '' }).lines).toHaveLength(3);
  });

  test('counts an attempt for a rest, and none for a release or a deferral', async () => {
    const held = await follow([
      { kind: 'release' },
      { kind: 'defer', waitMs: 50 },
      { kind: 'rest', restMs: 20, why: 'no' },
      { kind: 'defer', waitMs: 50 },
      { kind: 'done' },
    ]);
    expect(held.map(({ failures }) => failures)).toEqual([0, 0, 0, 1, 1]);
    expect(held.some(({ stalls }) => stalls > 0)).toBe(false);
  });
});
