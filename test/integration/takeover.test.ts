import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, expect, test } from '@jest/globals';
import { writeRecord } from '#core/record/record.ts';
import type { RelayProcess } from '#local/relay-process.ts';
import { scrape } from '#local/scrape.ts';
import { RecordLines, sealEnvelope } from '#store/intake/envelope.ts';
import { createIntakeStore } from '#store/intake/writer.ts';
import { createSealer } from '#store/sealing.ts';
import { readLaneDepths } from '#store/status/depth.ts';
import { imbalance } from '#store/status/ledger.ts';
import { createStore } from '#store/store.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS } from '#test/support/fleet.ts';
import { type Script, ScriptedMeta } from '#test/support/scripted-meta.ts';

/*
 * A worker vanishes, or only sleeps, in the middle of taking a refused request apart, and another
 * one takes over what it held.
 */

const [PIXEL = ''] = PIXELS;
const ENVELOPES = 3;
const EVENTS = 111;
const OFFENDER = idOf(EVENTS - 1);
const LOCK_MS = 5000;

let fleet: Fleet;
let meta: ScriptedMeta;

afterEach(async () => {
  await fleet.stop();
  await meta.close();
});

async function prepare(script: Script): Promise<void> {
  meta = await ScriptedMeta.start(script);
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sections: {
      graphApi: { url: meta.url, timeoutMs: 300_000 },
      worker: {
        port: 0,
        lockMs: LOCK_MS,
        stopTimeoutMs: 10_000,
        requestsPerPixel: 1,
        // Released when all events are in it, and by nothing else.
        batch: { maxEvents: EVENTS, lingerMs: 120_000 },
      },
    },
  });
  await fill();
}

/** Envelopes as ingest makes them, with events that are numbered through. */
async function fill(): Promise<void> {
  const { sealing } = JSON.parse(await readFile(fleet.configuration, 'utf8')) as {
    sealing: { currentKey: string; keys: { id: string; key: string }[] };
  };
  const keys = sealing.keys.map(({ id, key }) => ({ id, key: Buffer.from(key, 'base64') }));
  const sealer = createSealer(sealing.currentKey, keys);
  const size = EVENTS / ENVELOPES;
  const envelopes = Array.from({ length: ENVELOPES }, (_, index) => {
    const lines = Array.from({ length: size }, (__, at) => line(index * size + at));
    const name = { pixelId: PIXEL, id: `t-0-${index * size}` };
    const data = sealEnvelope(sealer, name, [['t', 0]], RecordLines.of(lines));
    return { ...name, data };
  });
  const { redis, prefix } = fleet;
  const connection = redis.duplicate();
  const store = createIntakeStore(createStore(connection, prefix), { groupId: 'g', sealer });
  await store.write({
    envelopes,
    deadLetters: [],
    counts: new Map([[PIXEL, { consumed: EVENTS, filtered: 0, dead: 0, queued: EVENTS }]]),
    steps: [{ topic: 't', partition: 0, from: null, to: EVENTS }],
  });
  await store.close();
  await connection.quit();
}

/** Opaque, so that dead letters show it as it is. */
function idOf(offset: number): string {
  return `9f0b7a52-5b1e-4c7e-9d55-${String(offset).padStart(12, '0')}`;
}

function line(offset: number): Buffer {
  const now = Date.now();
  const plain = {
    event_name: 'Lead',
    event_time: Math.floor(now / 1000) - 60,
    event_id: idOf(offset),
    action_source: 'email' as const,
    user_data: {},
  };
  const personal = { em: `jane${offset}@example.com` };
  return Buffer.from(writeRecord({ plain, personal }, { offset, timestamp: now }, 0));
}

/** Starts another worker, which waits for no full batch: it gets only what is left. */
async function takeOver(): Promise<RelayProcess> {
  const file = JSON.parse(await readFile(fleet.configuration, 'utf8')) as { worker: object };
  const worker = { ...file.worker, batch: { maxEvents: EVENTS, lingerMs: 20 } };
  await writeFile(fleet.configuration, JSON.stringify({ ...file, worker }));
  return fleet.start('worker');
}

async function ledger() {
  const found = (await fleet.ledgers()).get(PIXEL);
  if (found === undefined) throw new Error('no ledger');
  return found;
}

/** Everything has ended, each event once in the ledger, and the offender as the only dead letter. */
async function allEnded(): Promise<void> {
  await eventually(async () => {
    const found = await ledger();
    expect(found).toMatchObject({ consumed: EVENTS, delivered: EVENTS - 1, dead: 1, queued: 0 });
    expect(imbalance(found)).toBe(0);
    const lanes = await readLaneDepths(fleet.store, [PIXEL]);
    const nothing = { waiting: 0, active: 0, delayed: 0, failed: 0 };
    expect(lanes.get(PIXEL)).toMatchObject(nothing);
  });
  const dead: (string | null)[] = [];
  for await (const { eventId } of fleet.deadLetters()) dead.push(eventId);
  expect(dead).toEqual([OFFENDER]);
  expect(await fleet.redis.hlen(fleet.store.keys.open(PIXEL))).toBe(0);
  const taken = meta.taken();
  expect(taken.size).toBe(EVENTS - 1);
  expect(taken.has(OFFENDER)).toBe(false);
}

/** Ends a worker as a kill of its machine does; the fleet no longer waits for it. */
async function kill(worker: RelayProcess): Promise<void> {
  worker.kill('SIGKILL');
  await worker.exited;
  fleet.processes.splice(fleet.processes.indexOf(worker), 1);
}

test('a worker that is killed repeats only the request under way, not what Meta confirmed before', async () => {
  let accepted = 0;
  await prepare(({ ids }) => {
    if (ids.includes(OFFENDER)) return 'refuse';
    accepted += 1;
    return accepted === 3 ? 'silence' : 'accept';
  });
  const first = await fleet.start('worker');
  await eventually(() => expect(meta.judged.at(-1)?.answer).toBe('silence'));
  await kill(first);
  const confirmed = meta.judged.filter(({ answer }) => answer === 'accept');
  const before = confirmed.flatMap(({ ids }) => ids);
  expect(confirmed).toHaveLength(2);
  expect(await ledger()).toMatchObject({
    delivered: before.length,
    dead: 0,
    queued: EVENTS - before.length,
  });
  const unanswered = meta.judged.at(-1)?.ids ?? [];

  const second = await takeOver();
  await allEnded();
  const twice = [...meta.taken()].filter(([, count]) => count > 1);
  expect(twice.map(([id]) => id).sort()).toEqual([...unanswered].sort());
  expect(twice.every(([, count]) => count === 2)).toBe(true);
  const metrics = await scrape([second.url]);
  expect(metrics.sum('capi_worker_unknown_answer_events_total')).toBe(EVENTS - before.length);
});

test('a worker that wakes up after its lock with partial refusals takes nothing from the one that took over', async () => {
  let wake = (): void => {};
  let goOn = (): void => {};
  const asleep = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const takenOver = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  await prepare(async ({ ids, client }) => {
    if (ids.includes(OFFENDER)) {
      // The second worker is in the middle of its own requests when the first one wakes up.
      if (client === 1) await takenOver;
      return 'refuse';
    }
    if (client !== 0) return 'accept';
    const mine = meta.judged.filter((each) => each.client === 0).length;
    if (mine === 1) {
      await asleep;
      return 'accept';
    }
    return 'fail';
  });
  const first = await fleet.start('worker');
  await eventually(() => expect(meta.judged).toHaveLength(1));
  first.kill('SIGSTOP');
  const second = await takeOver();
  await eventually(async () => {
    const metrics = await scrape([second.url]);
    expect(metrics.sum('capi_worker_in_flight_requests')).toBe(1);
  });
  wake();
  first.kill('SIGCONT');
  await eventually(async () => {
    const metrics = await scrape([first.url]);
    expect(metrics.sum('capi_worker_refused_settlements_total')).toBeGreaterThan(0);
  });
  goOn();
  await allEnded();
});
