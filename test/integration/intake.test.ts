import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { freePort } from '#local/ports.ts';
import { startRedis } from '#local/redis.ts';
import type { LocalServer } from '#local/server.ts';
import { connectForCommands, type Redis } from '#store/connection.ts';
import { createSettlementStore } from '#store/delivery/settlement.ts';
import { RecordLines, sealEnvelope } from '#store/intake/envelope.ts';
import type { Watermark } from '#store/intake/watermarks.ts';
import type { Intake, IntakeOptions, IntakeStore } from '#store/intake/writer.ts';
import { createIntakeStore } from '#store/intake/writer.ts';
import { findReceipts } from '#store/receipts/find.ts';
import { PositionNames } from '#store/receipts/names.ts';
import { RedisWork } from '#store/redis-fault.ts';
import { createSealer } from '#store/sealing.ts';
import { drainsOf } from '#store/status/filtered.ts';
import { readFleet } from '#store/status/fleet.ts';
import { readLedgers } from '#store/status/ledger.ts';
import { createStore } from '#store/store.ts';
import { eventually } from '#test/support/deadline.ts';
import { isIntake } from '#test/support/intake-command.ts';
import { uniqueName } from '#test/support/names.ts';
import { TcpProxy } from '#test/support/tcp-proxy.ts';

const PIXEL = '101';
const AT = [{ topic: 't', partition: 0 }];
const sealer = createSealer('k', [{ id: 'k', key: randomBytes(32) }]);
const stores: IntakeStore[] = [];
const connections: Redis[] = [];
let folder = '';
let server: LocalServer;
let proxy: TcpProxy;
let direct: Redis;
let prefix = '';

function connect(url: string): Redis {
  const connection = connectForCommands(url, () => {});
  connections.push(connection);
  return connection;
}

/** A store with a connection of its own, through the proxy. */
function openStore(more: Pick<IntakeOptions, 'receipts' | 'window'> = {}): IntakeStore {
  const redis = connect(`redis://127.0.0.1:${proxy.port}`);
  const store = createIntakeStore(createStore(redis, prefix), { groupId: 'g', sealer, ...more });
  stores.push(store);
  return store;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-intake-'));
  server = await startRedis({ folder, port: await freePort() }, () => {});
  proxy = await TcpProxy.to(Number(new URL(server.address).port));
  direct = connect(server.address);
});

beforeEach(() => {
  prefix = `{${uniqueName('intake')}}`;
});

afterEach(async () => {
  proxy.watch(null);
  await Promise.all(stores.splice(0).map((store) => store.close()));
});

afterAll(async () => {
  for (const connection of connections) connection.disconnect();
  await proxy.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function intake(from: number | null, to: number, n = 3): Intake {
  const lines = Array.from({ length: n }, (_, i) => Buffer.from(`0,0,0,0,${to - i}\t{}\t{}`));
  const name = { pixelId: PIXEL, id: `t-0-${from ?? 0}` };
  const data = sealEnvelope(sealer, name, [['t', 0]], RecordLines.of(lines));
  return {
    envelopes: [{ ...name, data }],
    deadLetters: [],
    counts: new Map([[PIXEL, { consumed: n, filtered: 0, dead: 0, queued: n }]]),
    steps: [{ topic: 't', partition: 0, from, to }],
  };
}

/** Events that the ledger knows as queued, envelopes that wait, and the watermark: all or nothing. */
async function standing(): Promise<{
  queued: number;
  envelopes: number;
  watermark: number | null;
}> {
  const store = createStore(direct, prefix);
  const [watermark] = await direct.mget(store.keys.watermark('g', 't', 0));
  return {
    queued: (await readLedgers(store)).get(PIXEL)?.queued ?? 0,
    envelopes: await direct.llen(`${prefix}:deliver-${PIXEL}:wait`),
    watermark: watermark === null || watermark === undefined ? null : Number(watermark),
  };
}

describe('an intake is taken once, as a whole', () => {
  test('when the connection breaks before the answer, again and again', async () => {
    const store = openStore();
    for (let at = 0; at < 20; at += 1) {
      const step = intake(at === 0 ? null : at * 3, (at + 1) * 3);
      let armed = true;
      proxy.watch((chunk) => {
        if (!armed || !isIntake(chunk)) return 'pass';
        armed = false;
        return 'cut';
      });
      await expect(store.write(step)).rejects.toThrow();
      await eventually(async () => expect(await store.write(step)).toBe('written'));
    }
    expect(proxy.cuts).toBe(20);
    expect(await standing()).toEqual({ queued: 60, envelopes: 20, watermark: 60 });
  });

  test('when the connection breaks before it reaches Redis', async () => {
    const store = openStore();
    await store.write(intake(null, 3));
    const next = intake(3, 6);
    proxy.watch((chunk) => {
      if (!isIntake(chunk)) return 'pass';
      proxy.watch(null);
      proxy.cut();
      return 'pass';
    });
    await expect(store.write(next)).rejects.toThrow();
    await eventually(async () => expect(await store.write(next)).toBe('written'));
    expect(await standing()).toEqual({ queued: 6, envelopes: 2, watermark: 6 });
  });

  test.each([
    [
      'another process takes the same messages',
      'conflict',
      () => openStore().write(intake(null, 3)),
    ],
    ['its own first attempt arrives late', 'written', (own: () => Promise<unknown>) => own()],
  ])('when, between its look at the watermarks and its script, %s', async (_, expected, happen) => {
    const redis = connect(`redis://127.0.0.1:${proxy.port}`);
    const store = createIntakeStore(createStore(redis, prefix), { groupId: 'g', sealer });
    stores.push(store);
    const taken = intake(null, 3);
    const look = redis.mget.bind(redis) as (keys: string[]) => Promise<(string | null)[]>;
    let looks = 0;
    redis.mget = (async (keys: string[]) => {
      const found = await look(keys);
      looks += 1;
      if (looks === 1) expect(await happen(() => store.write(taken))).toBe('written');
      return found;
    }) as typeof redis.mget;
    expect(await store.write(taken)).toBe(expected);
    expect(await standing()).toEqual({ queued: 3, envelopes: 1, watermark: 3 });
  });

  test('and a watermark is replaced only where it still stands as it was read', async () => {
    const store = openStore();
    await store.write(intake(null, 3));
    const [read] = (await store.watermarks(AT)) as [Watermark];
    const moved = { ...read, offset: 9 };
    expect(await store.replace({ topic: 't', partition: 0 }, read, moved)).toBe(true);
    expect(await store.replace({ topic: 't', partition: 0 }, read, { ...read, offset: 5 })).toBe(
      false,
    );
    expect(await store.watermarks(AT)).toEqual([moved]);
  });

  test('after Redis forgot its scripts', async () => {
    const store = openStore();
    await store.write(intake(null, 3));
    await direct.script('FLUSH');
    expect(await store.write(intake(3, 6))).toBe('written');
    expect(await standing()).toEqual({ queued: 6, envelopes: 2, watermark: 6 });
  });

  test('after the first one of a connection was refused by a full Redis', async () => {
    await direct.script('FLUSH');
    const store = openStore();
    expect(await store.watermarks(AT)).toEqual([null]);
    await direct.config('SET', 'maxmemory', '1mb');
    await expect(store.write(intake(null, 3))).rejects.toThrow(/OOM/);
    expect(await standing()).toEqual({ queued: 0, envelopes: 0, watermark: null });
    await direct.config('SET', 'maxmemory', '0');
    expect(await store.write(intake(null, 3))).toBe('written');
    expect(await standing()).toEqual({ queued: 3, envelopes: 1, watermark: 3 });
  });
});

test('an intake that a full Redis refuses is remembered neither as queued nor in receipts', async () => {
  const untold: string[] = [];
  const receipts = { keepHours: 1, maxBytes: 1_048_576, onLost: (why: string) => untold.push(why) };
  const store = openStore({ receipts, window: { windowHours: 1, maxEvents: 1000 } });
  const { keys } = createStore(direct, prefix);
  const position = new PositionNames().nameOf({ topic: 't', partition: 0, offset: 0 });
  const facts = { pixelId: PIXEL, outcome: 'queued', envelope: 'e' } as const;
  const told: Intake = {
    ...intake(null, 3),
    names: { fresh: ['a', 'b', 'c'].map((id) => Buffer.from(id.padEnd(8))), repeated: [] },
    receipts: [{ namedBy: 'p', facts, names: [position] }],
  };
  await direct.config('SET', 'maxmemory', '1mb');
  await expect(store.write(told)).rejects.toThrow(/OOM/);
  await direct.config('SET', 'maxmemory', '0');
  expect(await direct.keys(`${keys.repeated}*`)).toEqual([]);
  expect(await direct.keys(`${keys.receipts}*`)).toEqual([]);
  expect(await store.write(told)).toBe('written');
  expect(await standing()).toEqual({ queued: 3, envelopes: 1, watermark: 3 });
  expect(await findReceipts(createStore(direct, prefix), 'p', [position])).toHaveLength(1);
  expect(untold).toEqual([]);
});

test('keeps why events were filtered, of every ingest, and ends the row where one is queued', async () => {
  const filtered = (from: number | null, to: number, pixel: string, reason: string): Intake => ({
    ...{ envelopes: [], deadLetters: [], steps: [{ topic: 't', partition: 0, from, to }] },
    counts: new Map([
      [pixel, { consumed: 30, filtered: 30, dead: 0, queued: 0, reasons: new Map([[reason, 30]]) }],
    ]),
  });
  const fleet = () => readFleet(createStore(direct, prefix), [{ pixelId: PIXEL }]);
  await openStore().write(filtered(null, 30, 'none', 'no_pixel'));
  await openStore().write(filtered(30, 60, PIXEL, 'no_consent'));
  const drained = await fleet();
  expect(drained.noneFiltered).toEqual({ reasons: [['no_pixel', 30]], unbroken: 30 });
  expect(drained.pixels[0]?.filtered).toEqual({ reasons: [['no_consent', 30]], unbroken: 30 });
  expect(drainsOf(drained).map(({ pixelId }) => pixelId)).toEqual(['none', PIXEL]);
  await openStore().write(intake(60, 63));
  const flowing = await fleet();
  expect(flowing.noneFiltered).toEqual({ reasons: [['no_pixel', 30]], unbroken: 0 });
  expect(flowing.pixels[0]?.filtered).toMatchObject({ unbroken: 0 });
  expect(drainsOf(flowing)).toEqual([]);
});

describe('a settlement', () => {
  test('is written while Redis is full, because that is what makes room', async () => {
    const store = openStore();
    await store.write(intake(null, 3));
    const untold: string[] = [];
    const onLost = (why: string) => untold.push(why);
    const settlements = createSettlementStore(createStore(direct, prefix), {
      sealer,
      work: new RedisWork({ onFailure() {} }),
      receipts: { keepHours: 1, maxBytes: 1_048_576, onLost },
    });
    const position = new PositionNames().nameOf({ topic: 't', partition: 0, offset: 0 });
    const facts = { pixelId: PIXEL, outcome: 'delivered', envelope: 't-0-0' } as const;
    await direct.config('SET', 'maxmemory', '1mb');
    const settlement = {
      pixelId: PIXEL,
      envelope: { id: 't-0-0', token: 'mine', data: { n: 3, d: '' } },
      delivered: 2,
      deadLetters: [],
      remaining: { n: 1, d: 'rest' },
      next: { kind: 'hold' },
      receipts: [{ namedBy: 'p', facts, names: [position] }],
    } as const;
    const settled = await settlements
      .settle(settlement)
      .finally(() => direct.config('SET', 'maxmemory', '0'));
    expect(settled).toMatchObject({ kind: 'settled', data: { n: 1, d: 'rest' } });
    expect((await standing()).queued).toBe(1);
    expect(await findReceipts(createStore(direct, prefix), 'p', [position])).toHaveLength(1);
    expect(untold).toEqual([]);
  });
});
