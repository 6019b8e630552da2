import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Job, Worker } from 'bullmq';
import { connectForWorker, type Redis } from '#store/connection.ts';
import { createSettlementStore } from '#store/delivery/settlement.ts';
import type { EnvelopeData } from '#store/intake/envelope.ts';
import { createIntakeStore } from '#store/intake/writer.ts';
import { createKeys, queueName } from '#store/keys.ts';
import { SETTLE } from '#store/lua/envelopes.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { readLedgers } from '#store/status/ledger.ts';
import { createStore } from '#store/store.ts';
import { commandsIn } from '#test/support/commands-in.ts';
import { deadRecord } from '#test/support/insert-dead-letters.ts';
import { LimitedUser } from '#test/support/limited-user.ts';
import { uniqueName } from '#test/support/names.ts';
import { refusedWork } from '#test/support/refused-work.ts';

const SERVER = process.env['TEST_REDIS_URL'] ?? '';
const PIXEL = '101';
const EVENTS = 10;
const COMMANDS = commandsIn(SETTLE.lua());
const sealer = createOpenSealer();
let prefix = '';
let limited: LimitedUser;
let admin: Redis;
let user: Redis;
let worker: Worker;
let connection: Redis;

beforeAll(async () => {
  limited = await LimitedUser.connect(SERVER);
  ({ admin, redis: user } = limited);
  connection = connectForWorker(SERVER, () => {});
});

beforeEach(async () => {
  await allow();
  prefix = `{${uniqueName('settle')}}`;
});

afterAll(async () => {
  await limited.remove();
  connection.disconnect();
});

const allow = (...rules: string[]): Promise<void> => limited.allow(...rules);

async function ledger() {
  return (await readLedgers(createStore(admin, prefix))).get(PIXEL);
}

/** An envelope that a worker holds. */
async function held(): Promise<{ id: string; token: string; data: EnvelopeData }> {
  const intake = createIntakeStore(createStore(admin, prefix), { groupId: 'g', sealer });
  await intake.write({
    envelopes: [{ pixelId: PIXEL, id: 'e-0', data: { n: EVENTS, d: 'all' } }],
    deadLetters: [],
    counts: new Map([[PIXEL, { consumed: EVENTS, filtered: 0, dead: 0, queued: EVENTS }]]),
    steps: [{ topic: 't', partition: 0, from: null, to: EVENTS }],
  });
  worker = new Worker(queueName(PIXEL), async () => {}, { prefix, autorun: false, connection });
  worker.on('error', () => {});
  const job = (await worker.getNextJob('us', { block: false })) as Job<EnvelopeData>;
  return { id: 'e-0', token: 'us', data: job.data };
}

test.each(COMMANDS)(
  'a settlement without the permission for %s is counted once, when it is given',
  async (command) => {
    const { work, twice, failures } = refusedWork();
    const store = createSettlementStore(createStore(user, prefix), { sealer, work });
    const envelope = await held();
    const before = await ledger();
    await allow(`-${command}`);
    const settling = store.settle({
      pixelId: PIXEL,
      envelope,
      delivered: 4,
      deadLetters: [deadRecord(1, PIXEL)],
      remaining: { n: 5, d: 'rest' },
      next: { kind: 'rest', restMs: 60_000, why: 'no' },
    });
    // Not every settlement needs every command.
    await Promise.race([settling, twice]);
    if (failures() > 0) expect(await ledger()).toEqual(before);
    await allow();
    expect(await settling).toMatchObject({ kind: 'settled', free: true });
    expect(await ledger()).toMatchObject({ consumed: 10, delivered: 4, dead: 1, queued: 5 });
    const queue = `${prefix}:${queueName(PIXEL)}`;
    expect(await admin.zrange(`${queue}:delayed`, '0', '-1')).toEqual(['e-0']);
    expect(await admin.hget(createKeys(prefix).open(PIXEL), 'e-0')).toBe('5');
    expect(await admin.exists(createKeys(prefix).settlementTrial)).toBe(0);
    await worker.close(true);
  },
);
