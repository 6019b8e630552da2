import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Configuration } from '#config/configuration.ts';
import { loadConfiguration } from '#config/load.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { eventIdShown } from '#core/privacy/harmless.ts';
import { connectForCommands, type Redis } from '#store/connection.ts';
import { runReplay } from '#store/dead-letters/replay/runner.ts';
import type { Replay } from '#store/dead-letters/replay/state.ts';
import {
  changeReplay,
  createReplay,
  listReplays,
  type NewReplaySpec,
  readReplay,
} from '#store/dead-letters/replay/store.ts';
import type { NewDeadLetter } from '#store/dead-letters/script-arguments.ts';
import { createLaneBoard } from '#store/delivery/lane-board.ts';
import { ownerName } from '#store/locks.ts';
import { sealerOf } from '#store/sealing.ts';
import { readAudit } from '#store/status/audit.ts';
import { readLaneDepths } from '#store/status/depth.ts';
import { imbalance } from '#store/status/ledger.ts';
import { createStore } from '#store/store.ts';
import { type CommandResult, commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS } from '#test/support/fleet.ts';
import { deadMessage, deadRecord, insertDeadLetters } from '#test/support/insert-dead-letters.ts';

const [A = '', B = '', C = ''] = PIXELS;
const HELD = [C, A].map((pixelId) => expect.objectContaining({ pixelId, state: 'blocked' }));
const HOUR = 3_600_000;
const PATIENCE = { everyMs: 100 };
let fleet: Fleet;
let configuration: Configuration;
let redis: Redis;

beforeAll(async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    // A lane that is blocked stays so until the test resumes it.
    sections: { worker: { port: 0, rejections: { judged: 100_000 }, blocked: { probeMs: HOUR } } },
  });
  configuration = await loadConfiguration(fleet.configuration, {});
  redis = connectForCommands(configuration.redis, () => {});
});

afterAll(async () => {
  await redis.quit();
  await fleet.stop();
});

beforeEach(async () => {
  await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
  const keys = await redis.keys(`${fleet.prefix}:*`);
  if (keys.length > 0) await redis.del(...keys);
});

afterEach(async () => {
  for (const ledger of (await fleet.ledgers()).values()) expect(imbalance(ledger)).toBe(0);
  await Promise.all(fleet.processes.splice(0).map((process) => process.stop()));
});

function put(letters: readonly NewDeadLetter[]): Promise<void> {
  return insertDeadLetters(
    createStore(redis, fleet.prefix),
    sealerOf(configuration.sealing),
    letters,
  );
}

const letters = (n: number, from = 0, pixelId = A): NewDeadLetter[] =>
  Array.from({ length: n }, (_, at) => deadRecord(from + at, pixelId));

async function replay(
  asked: Partial<NewReplaySpec> = {},
  onProgress: (replay: Replay) => void = () => {},
): Promise<Replay> {
  const spec = {
    where: '',
    startedAt: Date.now(),
    planned: 0,
    max: null,
    rate: null,
    canary: 0,
    stopAbove: 1,
    includeUnknown: false,
    forceLoop: false,
    by: 'test',
    reason: 'a test',
    ...asked,
  };
  const {
    spec: { id },
  } = await createReplay(createStore(redis, fleet.prefix), spec, false);
  return run(id, onProgress);
}

function run(id: string, onProgress: (replay: Replay) => void = () => {}): Promise<Replay> {
  return runReplay(id, {
    store: { ...createStore(redis, fleet.prefix), sealer: sealerOf(configuration.sealing) },
    configuration: () => configuration,
    owner: ownerName('test'),
    by: 'test',
    signal: new AbortController().signal,
    onStopping: 'pause',
    onProgress,
  });
}

async function dead(): Promise<DeadLetterFacts[]> {
  const found: DeadLetterFacts[] = [];
  for await (const facts of fleet.deadLetters()) found.push(facts);
  return found;
}

function capi(command: string, ...args: string[]): Promise<CommandResult> {
  return commandHere(command, [...args, '--config', fleet.configuration]);
}

describe('a replay', () => {
  test('1: takes up what dies again no second time', async () => {
    await fleet.tell('behaviour', { pixel: A, kind: 'reject_event', eventName: 'Lead' });
    await put(letters(40));
    await fleet.start('worker');
    const done = await replay();
    expect(done).toMatchObject({ state: 'finished', queued: 40, died: 40, delivered: 0 });
    expect((await dead()).map(({ replays }) => replays)).toEqual(Array(40).fill(1));
  });

  test('2: leaves alone what was replayed three times, unless it is forced', async () => {
    await put([3, 3, 2].map((replays, at) => deadRecord(at, A, { replays })));
    await fleet.start('worker');
    expect((await replay()).counts).toMatchObject({ replayed: 1, skipped: { looping: 2 } });
    expect(await dead()).toHaveLength(2);
    expect((await replay({ forceLoop: true })).counts.replayed).toBe(2);
  });

  test('3: leaves alone what is past its horizon, or within ten minutes of it', async () => {
    const now = Date.now() / 1000;
    const late = [now - 86_400, now - 1, now + 500].map((horizon, at) =>
      deadRecord(at, A, { horizon: Math.floor(horizon) }),
    );
    await put([...late, deadRecord(9, A)]);
    await fleet.start('worker');
    expect((await replay()).counts).toMatchObject({ replayed: 1, skipped: { expired: 3 } });
    expect(await dead()).toHaveLength(3);
  });

  test('4: leaves alone what Meta may have taken two days ago, unless it is asked for', async () => {
    const old = { unknown: true, diedAt: Date.now() - 49 * HOUR };
    await put([deadRecord(1, A, old), deadRecord(2, A, { unknown: true })]);
    await fleet.start('worker');
    expect((await replay()).counts).toMatchObject({ replayed: 1, skipped: { unknown: 1 } });
    expect((await replay({ includeUnknown: true })).counts.replayed).toBe(1);
  });

  test('5: changes neither event_id nor event_time, and no edit can', async () => {
    const time = new Date(Date.now() - HOUR).toISOString();
    const event = { type: 'track', event: 'Order Completed', messageId: 'm-1', timestamp: time };
    const context = { email: 'jane@example.com', source: 'shop-eu' };
    const properties = { currency: 'EUR' };
    const track = { ...event, userId: 'u', context: { ...context, traits: context }, properties };
    await put([deadMessage(1, A, track), deadRecord(2, A)]);
    const [record, message] = await dead();
    for (const [id, place] of [
      [message?.id, 'timestamp'],
      [record?.id, 'clear.event_id'],
    ]) {
      const refused = await capi(
        'dead-letters',
        'edit',
        String(id),
        '--set',
        `${place}=x`,
        '--yes',
      );
      expect([refused.code, refused.err]).toEqual([
        5,
        expect.stringContaining('cannot be changed'),
      ]);
    }
    const fixed = [
      'edit',
      String(message?.id),
      '--set',
      'properties.value=12.5',
      '--yes',
      '--json',
    ];
    const edited = await capi('dead-letters', ...fixed);
    expect(JSON.parse(edited.out)).toMatchObject({
      outcome: 'deliver',
      changed: ['properties.value'],
    });
    await fleet.start('worker');
    expect(await replay()).toMatchObject({ state: 'finished', delivered: 2 });
    const journal = await fetch(`${fleet.sandbox.url}/_sandbox/journal?pixel=${A}`);
    const text = await journal.text();
    expect(text).toContain('m-1');
    expect(text).toContain('buried-2');
  });

  test('5b: makes of several events of one message only what died, and every ledger balances', async () => {
    const when = { path: 'properties.is_new', equals: true };
    const added = { when, eventName: 'NewCustomer', instead: false, testEventCode: 'TEST1' };
    const before = configuration;
    const pixels = before.pixels.map((pixel) => ({ ...pixel, eventRules: [added] }));
    configuration = { ...before, pixels };
    const order = (messageId: string) => ({
      ...{ type: 'track', event: 'Order Completed', messageId, userId: 'u' },
      timestamp: new Date(Date.now() - HOUR).toISOString(),
      context: { source: 'shop-eu' },
      properties: { is_new: true, revenue: 5 },
    });
    const letter = (at: number, part?: string | null): NewDeadLetter => {
      const { facts, content } = deadMessage(at, A, order(`rules-${at}`));
      return { facts: part === undefined ? facts : { ...facts, part }, content };
    };
    try {
      await put([letter(1), letter(2, null), letter(3, 'NewCustomer'), letter(4, 'Gone')]);
      await fleet.start('worker');
      const done = await replay();
      expect(done).toMatchObject({ state: 'finished', queued: 4, delivered: 4 });
      expect(done.counts).toMatchObject({ replayed: 3, filtered: { no_rule: 1 } });
    } finally {
      configuration = before;
    }
    const ours = [...(await fleet.accepted())].filter(([id]) => id.startsWith('rules-'));
    expect(ours.toSorted()).toEqual([
      ['rules-1', 1],
      ['rules-1:NewCustomer', 1],
      ['rules-2', 1],
      ['rules-3:NewCustomer', 1],
    ]);
    expect((await fleet.ledgers()).get(A)).toMatchObject({
      consumed: 5,
      delivered: 4,
      filtered: 1,
    });
    expect(await dead()).toEqual([]);
  });

  test('6: is alone: a second one is refused while it is at work', async () => {
    await put(letters(3));
    await redis.set(fleet.store.keys.replayLock, 'another owner', 'PX', 600_000);
    await expect(replay()).rejects.toThrow('under way');
    const refused = await capi('replay', '--all', '--yes');
    expect([refused.code, refused.err]).toEqual([5, expect.stringContaining('under way')]);
    const purge = await capi('dead-letters', 'purge', '--all', '--no-backup', '--yes');
    expect([purge.code, (await dead()).length]).toEqual([5, 3]);
    await redis.set(fleet.store.keys.replayLock, 'replay:elsewhere:1:x', 'PX', 600_000);
    await expect(replay()).rejects.toThrow('under way');
    const gone = ownerName('replay').replace(`:${process.pid}:`, ':999999999:');
    await redis.set(fleet.store.keys.replayLock, gone, 'PX', 600_000);
    await fleet.start('worker');
    expect((await replay()).state).toBe('finished');
  });

  test('7: passes over halted pixels, and returns to them when they are active', async () => {
    await fleet.tell('behaviour', { pixel: A, kind: 'token_expired' });
    const others = [...letters(3, 7020, B), ...letters(2, 7030, C)];
    await put([...letters(12, 7000), ...others, ...letters(2, 7040), ...letters(1, 7050, B)]);
    const store = createStore(redis, fleet.prefix);
    const board = createLaneBoard(store);
    const halt = { state: 'blocked', why: 'no permission', rejecting: false, turn: 1 } as const;
    await board.halt(C, null, { ...halt, until: Date.now() + HOUR });
    await fleet.start('worker');
    // The canary, all of A, halts its lane. As if it was killed: the lock goes when those of B are put back.
    const killed = replay({ canary: 10 }, ({ queued }) => {
      if (queued >= 14) redis.del(fleet.store.keys.replayLock).catch(() => {});
    });
    await expect(killed).rejects.toThrow('the lock was lost');
    const [
      {
        spec: { id },
      } = { spec: { id: '' } },
    ] = await listReplays(store, 1);
    const stopped = await capi('replay', 'resume', id, '--json');
    expect([stopped.code, JSON.parse(stopped.out)]).toMatchObject([
      5,
      { state: 'stopped', replayed: 14, delivered: 4, inFlight: 10, held: HELD },
    ]);
    expect(stopped.err).toContain(`pixel ${C} is blocked (no permission)`);
    const left = (await dead()).map(({ pixelId }) => pixelId);
    expect(left.toSorted()).toEqual([A, A, A, A, C, C]);

    // Control finds them halted as well, and goes on by itself when they are not.
    await changeReplay(store, id, { state: 'running', why: null, by: 'test', detached: true });
    await fleet.start('control');
    const stateIs = (state: string) =>
      eventually(async () => expect((await readReplay(store, id))?.state).toBe(state), PATIENCE);
    await stateIs('stopped');
    // Nothing waits in the lane of C: what control puts back is the probe that is due.
    await board.halt(C, (await board.read()).get(C) ?? null, { ...halt, until: Date.now() });
    await eventually(async () => {
      const { state, held } = (await readReplay(store, id)) ?? {};
      expect([state, held?.map(({ pixelId }) => pixelId)]).toEqual(['stopped', [A]]);
    }, PATIENCE);
    await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
    for (const [pixelId, posted] of await board.read()) await board.resume(pixelId, posted);
    await stateIs('finished');
    const done = await readReplay(store, id);
    expect(done).toMatchObject({ queued: 20, delivered: 20, held: [] });
    expect(done?.counts).toMatchObject({ matched: 20, replayed: 20 });
    const ours = [...(await fleet.accepted())].filter(([id]) => id.startsWith('buried-70'));
    expect(ours.map(([, times]) => times)).toEqual(Array(20).fill(1));
    expect(await dead()).toEqual([]);
  });

  test('7: waits behind the living, and stops where a lane is blocked', async () => {
    await put(letters(30));
    const halt = { state: 'blocked', why: 'the token is dead', rejecting: false, turn: 1 } as const;
    const board = createLaneBoard(createStore(redis, fleet.prefix));
    const posted = await board.halt(A, null, { ...halt, until: Date.now() + 60_000 });
    const stopped = await replay();
    expect(stopped).toMatchObject({ state: 'stopped', queued: 0 });
    expect(stopped.why).toContain('the token is dead');
    if (posted !== null) await board.resume(A, posted);
    const going = replay();
    const prioritized = `${fleet.prefix}:deliver-${A}:prioritized`;
    await eventually(async () => expect(await redis.zcard(prioritized)).toBe(1), PATIENCE);
    expect((await readLaneDepths(createStore(redis, fleet.prefix), [A])).get(A)?.waiting).toBe(1);
    await fleet.start('worker');
    expect((await going).delivered).toBe(30);
  });

  test('8: sends nothing else when its canary fails', async () => {
    await fleet.tell('behaviour', { pixel: A, kind: 'reject_event', eventName: 'Lead' });
    await put(letters(300));
    await fleet.start('worker');
    const stopped = await replay({ canary: 10, stopAbove: 0.05 });
    expect(stopped).toMatchObject({ state: 'stopped', queued: 10, died: 10 });
    expect(stopped.why).toContain('the canary failed');
    expect((await dead()).filter(({ replays }) => replays === 0)).toHaveLength(290);
  });

  test('9: that was interrupted goes on where it stopped', async () => {
    await put([...letters(250, 10_000), ...letters(250, 20_000, B)]);
    await fleet.start('worker');
    // Half a minute at least, in which the command must have paused it: it takes a second to start.
    const running = replay({ rate: 15 });
    await eventually(async () => {
      const [latest] = await listReplays(createStore(redis, fleet.prefix), 1);
      expect(latest?.queued).toBeGreaterThan(0);
    }, PATIENCE);
    const [latest] = await listReplays(createStore(redis, fleet.prefix), 1);
    const id = latest?.spec.id ?? '';
    expect((await capi('replay', 'pause', id, '--json')).code).toBe(0);
    const first = await running;
    expect(first.state).toBe('paused');
    // The rest goes as fast as it is answered.
    const spec = JSON.stringify({ ...first.spec, rate: null });
    await redis.hset(fleet.store.keys.replay(id), { spec });
    expect(first.queued).toBeLessThan(500);
    const resumed = await capi('replay', 'resume', first.spec.id, '--detach');
    expect([resumed.code, resumed.out]).toEqual([
      0,
      expect.stringContaining('no control process is running'),
    ]);
    const idle = await capi('replay', 'status', first.spec.id);
    expect(idle.out).toContain('capi-relay control --config FILE');
    await fleet.start('control');
    await eventually(async () => {
      const { out } = await capi('replay', 'status', first.spec.id, '--json');
      expect(JSON.parse(out)).toMatchObject({ state: 'finished', queued: 500, delivered: 500 });
    }, PATIENCE);
    const ours = [...(await fleet.accepted())].filter(([id]) => /^buried-[12]\d{4}$/.test(id));
    expect(ours.map(([, count]) => count)).toEqual(Array(500).fill(1));
  });

  test('10: is in the audit trail, as a purge and an import are', async () => {
    await put(letters(5));
    await fleet.start('worker');
    await replay({ where: 'offset:<2' });
    const backup = `${fleet.configuration}.purged`;
    const account = ['--by', 'jane', '--reason', 'of no use'];
    const purge = [
      'purge',
      '--where',
      'offset:>2',
      '--backup',
      backup,
      '--yes',
      '--json',
      ...account,
    ];
    expect(JSON.parse((await capi('dead-letters', ...purge)).out)).toMatchObject({ purged: 2 });
    const taken = await capi('dead-letters', 'import', backup, '--json');
    expect(JSON.parse(taken.out)).toEqual({ imported: 2, known: 0, expired: 0, bad: 0 });
    const again = await capi('dead-letters', 'import', backup, '--json');
    expect([again.code, JSON.parse(again.out)]).toEqual([
      3,
      { imported: 0, known: 2, expired: 0, bad: 0 },
    ]);
    expect((await dead()).map(({ eventId }) => eventIdShown(eventId ?? '')).sort()).toEqual(
      ['buried-2', 'buried-3', 'buried-4'].map(eventIdShown).sort(),
    );
    const trail = await readAudit(createStore(redis, fleet.prefix), 100);
    expect(
      trail
        .map(({ action, by }) => `${action} ${by}`)
        .slice(1)
        .reverse(),
    ).toEqual([
      'replay_started test',
      'replay_finished test',
      'purge_started jane',
      'purge_finished jane',
      expect.stringContaining('imported '),
    ]);
    expect(trail.find(({ action }) => action === 'purge_finished')).toMatchObject({
      reason: 'of no use',
      where: 'offset:>2',
      details: { purged: 2, backup },
    });
  });
});
