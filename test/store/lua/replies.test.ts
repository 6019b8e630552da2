import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Redis } from '#store/connection.ts';
import { createLaneBoard } from '#store/delivery/lane-board.ts';
import { Leases } from '#store/delivery/leases.ts';
import { createOrphanStore } from '#store/delivery/orphans.ts';
import { createSettlementStore, type Settlement } from '#store/delivery/settlement.ts';
import { createIntakeStore } from '#store/intake/writer.ts';
import { deadLetterChangeScript, intakeScript } from '#store/lua/changes.ts';
import { CLAIM, SETTLE } from '#store/lua/envelopes.ts';
import { CHANGE_LANE, HALT_LANE, READ_LANES, RESUME_LANE } from '#store/lua/lane-board.ts';
import { RENEW } from '#store/lua/leases.ts';
import { LOCK, PUBLISHED, UNLOCK } from '#store/lua/locks.ts';
import { HEAL, UNEVEN } from '#store/lua/orphans.ts';
import { FIND_RECEIPTS } from '#store/lua/receipts.ts';
import { CHANGE_REPLAY } from '#store/lua/replays.ts';
import { runScript, type Script } from '#store/lua/scripts.ts';
import { REPLACE_WATERMARK } from '#store/lua/watermarks.ts';
import { RedisWork } from '#store/redis-fault.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { createStore } from '#store/store.ts';

/** A connection whose scripts answer this in turn, the last of it again and again. */
function answering(...replies: readonly unknown[]) {
  const asked: string[] = [];
  const redis: Record<string, unknown> = {
    mget: async (keys: readonly string[]) => keys.map(() => null),
    defineCommand(name: string) {
      redis[name] = async () => {
        asked.push(name);
        const reply = replies[Math.min(asked.length, replies.length) - 1];
        if (reply instanceof Error) throw reply;
        return reply;
      };
    },
  };
  return { store: createStore(redis as unknown as Redis, '{p}'), asked };
}

const NOTHING = { keys: [], args: [] };
const jobs = { lua: '', keys: 9, waitsAt: 1, remove: 'LREM' } as const;

/** What every script that says only whether something happened must not answer. */
const NO_BOOLEANS = [null, 2, -1, 0.5, '1', 'OK', [], [1], new Error('in a list')];

/** What an intake does not answer either. */
const NOT_INTAKE = [null, 2, 3, -2, 0.5, '1', 'OK', [], [-1], ['1'], new Error('in a list')];

/** What each script answers, as it is read, and what none of them answers. */
const SCRIPTS: readonly (readonly [
  Script<unknown>,
  good: readonly (readonly [unknown, unknown])[],
  bad: readonly unknown[],
])[] = [
  ...[
    deadLetterChangeScript(null),
    deadLetterChangeScript(jobs),
    CHANGE_LANE,
    CHANGE_REPLAY,
    REPLACE_WATERMARK,
    RESUME_LANE,
    UNLOCK,
    PUBLISHED,
  ].map((script) => [script, [[1, true] as const, [0, false] as const], NO_BOOLEANS] as const),
  ...[intakeScript(null), intakeScript(jobs)].map(
    (script) =>
      [script, [same(-1), same(0), same(1), same('UNTOLD ERR'), same([0, 7])], NOT_INTAKE] as const,
  ),
  [
    SETTLE,
    [same([1, 0]), same([0, 50]), same([2, 1, 'ERR no'])],
    [null, 1, 'OK', [], [1], [3, 0], [1, null], ['1', '0'], [2, 1, 0]],
  ],
  [
    FIND_RECEIPTS,
    [same(['', []]), same(['5-0', [['6-0', 'm{}', '00']]])],
    [null, '', [], [''], ['', [[]]], ['', [['6-0', 'm{}', 1]]], [1, []]],
  ],
  [CLAIM, [same(null), same('{"n":1,"d":""}')], [0, [], ['{}'], undefined]],
  [RENEW, [same([]), same([1, 0, 1])], [null, 1, 'OK', [1, null], ['1'], [1, 2], [[1]]]],
  [LOCK, [same(null), same('replay:host:1:x')], [0, 1, [], ['owner'], undefined]],
  [HALT_LANE, [same(['', 5]), same(['7 {}', 5])], [null, '', [], ['7 {}'], [null, 5], ['', '5']]],
  [
    READ_LANES,
    [same([5, []]), same([5, ['1', '7 {}']])],
    [null, 5, [], [5], [5, [1]], [5, ['1']], ['5', []]],
  ],
  [
    HEAL,
    [same(['sound', 0]), same(['lost', 50])],
    [null, 'lost', [], ['lost'], ['gone', 1], [1, 1]],
  ],
  [UNEVEN, [same([]), same([0, 2])], [null, 0, 'OK', ['0'], [null], [[0]]]],
];

function same<T>(reply: T): readonly [T, T] {
  return [reply, reply];
}

describe.each(SCRIPTS.map(([script, good, bad]) => [script.name, script, good, bad] as const))(
  'the script %s',
  (name, script, good, bad) => {
    test.each(good.map(([reply, read]) => [JSON.stringify(reply), reply, read]))(
      'may answer %s',
      async (_, reply, read) => {
        expect(await runScript(answering(reply).store.redis, script, NOTHING)).toEqual(read);
      },
    );

    test.each(bad.map((reply) => [JSON.stringify(reply), reply]))(
      'that answers %s has failed',
      async (_, reply) => {
        const running = runScript(answering(reply).store.redis, script, NOTHING);
        if (reply instanceof Error) return expect(running).rejects.toBe(reply);
        await expect(running).rejects.toThrow(`the script ${name} in Redis answers`);
      },
    );

    test('that Redis refuses has failed with the words of Redis', async () => {
      const refused = new Error('NOPERM');
      await expect(runScript(answering(refused).store.redis, script, NOTHING)).rejects.toBe(
        refused,
      );
    });
  },
);

test('every script is in the table', () => {
  const folder = new URL('../../../packages/store/', import.meta.url);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => readFileSync(new URL(name, folder), 'utf8').match(/'capi[A-Z]\w+'/g) ?? []);
  const tabled = SCRIPTS.map(([script]) => `'${script.name}'`);
  expect(names.toSorted()).toEqual(tabled.toSorted());
});

test.each([
  [null, 'nil'],
  ['jane@example.com', 'a string'],
  [[1, null, 'jane@example.com', [2]], 'a list of 4 (1, nil, a string, …)'],
  [[['a']], 'a list of 1 (a list)'],
  [{}, 'an object'],
])('an answer is described without what it says', async (reply, words) => {
  const running = runScript(answering(reply).store.redis, SETTLE, NOTHING);
  await expect(running).rejects.toThrow(
    `the script capiSettle in Redis answers ${words}, which it never does`,
  );
});

function watchedWork() {
  const failures: string[] = [];
  const work = new RedisWork({
    onFailure: (operation, fault, error) => failures.push(`${operation} ${fault} ${error}`),
  });
  return { work, failures };
}

describe('a step whose script answered what it never answers', () => {
  const settlement: Settlement = {
    pixelId: '1',
    envelope: { id: 'e', token: 't', data: { n: 3, d: '' } },
    delivered: 3,
    deadLetters: [],
    remaining: null,
    next: { kind: 'done' },
  };

  test('is a settlement: it is tried again, and was carried out if the envelope is gone', async () => {
    const { work, failures } = watchedWork();
    const { store, asked } = answering(null, [0, 0]);
    const settlements = createSettlementStore(store, { sealer: createOpenSealer(), work });
    const result = await settlements.settle(settlement);
    expect(result).toEqual({ kind: 'settled', data: null, free: true });
    expect(asked).toHaveLength(2);
    expect(failures).toEqual([expect.stringContaining('settle other UnexpectedReply')]);
  });

  test('is a claim: it is tried again, and nothing is sent meanwhile', async () => {
    const { work, failures } = watchedWork();
    const { store } = answering([], '{"v":"a","n":2,"d":"rest"}');
    const settlements = createSettlementStore(store, { sealer: createOpenSealer(), work });
    const data = await settlements.claim('1', settlement.envelope);
    expect(data).toEqual({ v: 'a', n: 2, d: 'rest' });
    expect(failures).toHaveLength(1);
  });

  test.each([[null], [[1]], [[1, 1, 1]], [['1', '1']]])(
    'is a renewal of two holds, by %j: both stay ours until Redis says otherwise',
    async (reply) => {
      const { work, failures } = watchedWork();
      const lost: string[] = [];
      const { store } = answering(reply, [1, 0]);
      const onLost = (pixelId: string) => void lost.push(pixelId);
      const leases = new Leases(store, { lockMs: 60_000, work, onLost });
      const held = { pixelId: '1', token: 't', starts: 1, stalls: 0, askedAt: performance.now() };
      const [a, b] = ['a', 'b'].map((id) => leases.hold({ ...held, id }));
      const confirming = [a?.confirm(), b?.confirm()];
      expect(await Promise.all(confirming)).toEqual([true, false]);
      expect(failures).toEqual([expect.stringContaining('hold other UnexpectedReply')]);
      expect(lost).toEqual(['1']);
      leases.close();
    },
  );

  test('is an intake: it fails, and the same intake may be written again', async () => {
    const { store, asked } = answering('OK', 1);
    const intakes = createIntakeStore(store, { groupId: 'g', sealer: createOpenSealer() });
    const steps = [{ topic: 't', partition: 0, from: null, to: 1 }];
    const intake = { envelopes: [], deadLetters: [], counts: new Map(), steps };
    await expect(intakes.write(intake)).rejects.toThrow('capiIntake in Redis answers a string');
    expect(await intakes.write(intake)).toBe('written');
    expect(asked).toHaveLength(2);
  });

  test('is about the lane board: nothing is known of it', async () => {
    const board = createLaneBoard(answering([7, [7]]).store);
    const halt = { state: 'blocked', why: '', rejecting: false, turn: 1, until: 0 } as const;
    await expect(board.read()).rejects.toThrow('capiLaneRead');
    await expect(board.halt('1', null, halt)).rejects.toThrow('capiLaneHalt');
    await expect(board.resume('1', { halt, version: 'v' })).rejects.toThrow('capiLaneResume');
  });

  test.each([[[2]], [[-1]], [[0, 7]]])(
    'is the search for orphans: %j names no pixel that was asked for',
    async (reply) => {
      const orphans = createOrphanStore(answering(reply).store);
      await expect(orphans.uneven(['1', '2'])).rejects.toThrow('capiUneven');
    },
  );
});
