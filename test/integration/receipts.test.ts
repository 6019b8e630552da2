import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectForCommands, type Redis } from '#store/connection.ts';
import { createSettlementStore } from '#store/delivery/settlement.ts';
import { createIntakeStore, type Intake } from '#store/intake/writer.ts';
import { createKeys } from '#store/keys.ts';
import { findReceipts, heldInParts } from '#store/receipts/find.ts';
import { PositionNames } from '#store/receipts/names.ts';
import type { Receipt } from '#store/receipts/receipt.ts';
import { RedisWork } from '#store/redis-fault.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { readLedgers } from '#store/status/ledger.ts';
import { createStore, type Store } from '#store/store.ts';
import { LimitedUser } from '#test/support/limited-user.ts';

const URL_OF_REDIS = process.env['TEST_REDIS_URL'] ?? '';
const PIXEL = '101';
const MEBIBYTE = 1_048_576;
const sealer = createOpenSealer();
const positions = new PositionNames();
let redis: Redis;
let store: Store;
let lost: string[] = [];

beforeAll(() => {
  redis = connectForCommands(URL_OF_REDIS, () => {});
});

beforeEach(() => {
  store = createStore(redis, `{receipts-${randomBytes(6).toString('hex')}}`);
  lost = [];
});

afterAll(async () => {
  await redis.quit();
});

function onLost(why: string): void {
  lost.push(why);
}

function open(policy: { keepHours?: number; maxBytes?: number } = {}) {
  const receipts = { keepHours: 24, maxBytes: MEBIBYTE, onLost, ...policy };
  return createIntakeStore(store, { groupId: 'g', sealer, receipts });
}

const name = (text: string) => Buffer.from(text.padEnd(8, '.'));
const at = (offset: number) => positions.nameOf({ topic: 't', partition: 0, offset });

function told(id: string, offset: number): Receipt {
  const names = [Buffer.concat([name(id), at(offset)])];
  return {
    namedBy: 'm',
    facts: { pixelId: PIXEL, outcome: 'filtered', reason: 'no_pixel' },
    names,
  };
}

function intake(step: number, receipts: readonly Receipt[]): Intake {
  const steps = [{ topic: 't', partition: 0, from: step === 0 ? null : step, to: step + 1 }];
  const counts = new Map([[PIXEL, { consumed: 1, filtered: 1, dead: 0, queued: 0 }]]);
  return { envelopes: [], deadLetters: [], counts, steps, receipts };
}

test('an intake that is tried again after its answer got lost tells its messages once', async () => {
  const intakes = open();
  const one = intake(0, [told('one', 0)]);
  expect(await intakes.write(one)).toBe('written');
  expect(await intakes.write(one)).toBe('written');
  const found = await findReceipts(store, 'm', [name('one')]);
  expect(found).toMatchObject([{ pixelId: PIXEL, outcome: 'filtered', reason: 'no_pixel' }]);
  expect(found[0]?.position).toEqual(at(0));
  await intakes.close();
});

test('an intake that another ingest has written tells nothing', async () => {
  const intakes = open();
  await intakes.write(intake(0, []));
  expect(await intakes.write(intake(0, [told('late', 0)]))).toBe('conflict');
  expect(await findReceipts(store, 'm', [name('late')])).toEqual([]);
  await intakes.close();
});

test('finds names at their places alone, and not across two of them', async () => {
  const intakes = open();
  const names = [Buffer.concat([name('abcdefgh'), name('ijklmnop')]), Buffer.alloc(16, 'x')];
  await intakes.write(intake(0, [{ ...told('any', 0), names }]));
  expect(await findReceipts(store, 'm', [name('ijklmnop')])).toEqual([]);
  expect(await findReceipts(store, 'm', [name('efghijkl')])).toEqual([]);
  expect(await findReceipts(store, 'm', [name('abcdefgh')])).toHaveLength(1);
  expect(await findReceipts(store, 'p', [name('abcdefgh')])).toEqual([]);
  await intakes.close();
});

describe('receipts that Redis refuses', () => {
  test.each([
    ['their key is of another type', (key: string) => redis.set(key, 'another')],
    ['their parts cannot be read', (key: string) => redis.hset(key, '1', 'no numbers')],
  ])('cost nothing else: %s', async (_, spoil) => {
    await spoil(store.keys.receipts);
    const intakes = open();
    expect(await intakes.write(intake(0, [told('one', 0)]))).toBe('written');
    expect(await intakes.write(intake(1, []))).toBe('written');
    expect(lost).toEqual([expect.stringMatching(/\S/)]);
    expect((await readLedgers(store)).get(PIXEL)).toMatchObject({ consumed: 2, filtered: 2 });
    await intakes.close();
  });

  /** Puts an envelope of one event into the queue, and settles it with a receipt. */
  async function settle(step: number, by = redis): Promise<void> {
    const intakes = open();
    const id = `e-${step}`;
    const counts = new Map([[PIXEL, { consumed: 1, filtered: 0, dead: 0, queued: 1 }]]);
    const envelopes = [{ pixelId: PIXEL, id, data: { n: 1, d: 'all' } }];
    await intakes.write({ ...intake(step, []), counts, envelopes });
    await intakes.close();
    const work = new RedisWork({ onFailure() {} });
    const receipts = { keepHours: 1, maxBytes: MEBIBYTE, onLost };
    const settlements = createSettlementStore({ ...store, redis: by }, { sealer, work, receipts });
    const facts = { pixelId: PIXEL, outcome: 'delivered' as const, envelope: id };
    const result = await settlements.settle({
      pixelId: PIXEL,
      envelope: { id, token: 't', data: { n: 1, d: 'all' } },
      ...{ delivered: 1, deadLetters: [], remaining: null, next: { kind: 'done' } },
      receipts: [{ namedBy: 'p', facts, names: [at(step)] }],
    });
    expect(result.kind).toBe('settled');
  }

  test('do not hold up a settlement, and Redis says why', async () => {
    await redis.set(store.keys.receipts, 'another');
    await settle(0);
    expect(lost).toEqual([expect.stringContaining('WRONGTYPE')]);
    expect((await readLedgers(store)).get(PIXEL)).toMatchObject({ delivered: 1, queued: 0 });
  });

  test('leave nothing that would grow without end, where they cannot be given one', async () => {
    const user = await LimitedUser.connect(URL_OF_REDIS);
    await user.allow('-pexpire');
    for (let step = 0; step < 3; step += 1) await settle(step, user.redis);
    await user.remove();
    expect(lost).toEqual(Array(3).fill(expect.stringContaining("can't run this command")));
    expect(await redis.keys(`${store.keys.receipts}*`)).toEqual([]);
    expect((await readLedgers(store)).get(PIXEL)).toMatchObject({ delivered: 3, queued: 0 });
  });
});

test('take no more memory than configured: the oldest are dropped, a part at once', async () => {
  const intakes = open();
  const names = (of: number) =>
    Array.from({ length: 250 }, (_, i) => Buffer.concat([name(`${of}-${i}`), at(i)]));
  for (let step = 0; step < 30; step += 1) {
    const receipts = Array.from({ length: 20 }, (_, i) => ({
      ...told('', 0),
      names: names(step * 20 + i),
    }));
    await intakes.write(intake(step, receipts));
  }
  expect((await heldInParts(store, 'receipts'))?.bytes).toBeLessThanOrEqual(MEBIBYTE);
  const parts = Object.keys(await redis.hgetall(store.keys.receipts));
  const sizes = parts.map((n) =>
    redis.memory('USAGE', `${store.keys.receipts}:${n}`, 'SAMPLES', 0),
  );
  const used = (await Promise.all(sizes)).reduce<number>((sum, size) => sum + (size ?? 0), 0);
  expect(used).toBeLessThan(MEBIBYTE);
  expect(await findReceipts(store, 'm', [name('599-249')])).toHaveLength(1);
  expect(await findReceipts(store, 'm', [name('0-0')])).toEqual([]);
  const all = await redis.keys(`${store.keys.receipts}:*`);
  expect(all).toHaveLength(parts.length);
  await intakes.close();
});

test('are dropped when they are older than configured, and end by themselves when none follow', async () => {
  const intakes = open({ keepHours: 1 });
  await intakes.write(intake(0, [told('old', 0)]));
  const { receipts } = createKeys(store.keys.prefix);
  const ttl = await redis.pttl(`${receipts}:1`);
  expect(ttl).toBeGreaterThan(3_600_000);
  expect(ttl).toBeLessThan(2 * 3_600_000);
  // As if the first part had begun three hours ago, and the second one two.
  const now = Math.floor(Date.now() / 1000);
  await redis.hset(receipts, '1', `${now - 10_800} 100`);
  await intakes.write(intake(1, [told('newer', 1)]));
  await redis.hset(receipts, '2', `${now - 7200} 100`);
  await intakes.write(intake(2, [told('newest', 2)]));
  expect(await findReceipts(store, 'm', [name('old')])).toEqual([]);
  expect(await findReceipts(store, 'm', [name('newer')])).toHaveLength(1);
  expect(await findReceipts(store, 'm', [name('newest')])).toHaveLength(1);
  await intakes.close();
});
