import { expect, test } from '@jest/globals';
import { PoisonGuard } from '#worker/lane/poison.ts';

const POLICY = { suspectAfter: 2, buryAfter: 3 };

/** A guard with notes in memory: how many of the workers were only slow, and how often it was begun. */
function guardOf({ late = 0, begun = 0, granted = true, noticeMs = 5 } = {}) {
  const told: string[] = [];
  const guard = new PoisonGuard({
    pixelId: '1',
    notes: {
      late: async () => late,
      suspect: async () => begun,
      clear: async (_pixel, id) => void told.push(`clear ${id}`),
    },
    policy: POLICY,
    slot: {
      ask: (_lane, _units, grant, dismissed) => (granted ? grant() : dismissed?.()),
      release: () => void told.push('release'),
      dismiss: () => void told.push('dismiss'),
    },
    noticeMs,
  });
  return { guard, told };
}

test.each([
  [1, 'try'],
  [3, 'try'],
  [4, 'dead_letter'],
  [6, 'dead_letter'],
  [7, 'quarantine'],
] as const)('a suspect begun for the %ith time: %s', async (begun, action) => {
  expect(await guardOf({ begun }).guard.next('e')).toBe(action);
});

test.each([
  ['as few workers vanished as may', { stalls: 1, late: 0 }, false],
  ['enough workers vanished', { stalls: 2, late: 0 }, true],
  ['one of them was only slow', { stalls: 2, late: 1 }, false],
  ['enough vanished beside those that were slow', { stalls: 4, late: 2 }, true],
])('%s: a suspect %p', async (_name, { stalls, late }, suspect) => {
  expect(await guardOf({ late }).guard.isSuspect({ id: 'e', stalls })).toBe(suspect);
});

test('a lane that closes does not wait for what slow workers may still say', async () => {
  const { guard, told } = guardOf({ noticeMs: 3_600_000 });
  guard.close();
  expect(await guard.isSuspect({ id: 'e', stalls: 2 })).toBe(true);
  expect(told).toEqual(['dismiss']);
});

test('the slot is free again after the work, even where that fails', async () => {
  const { guard, told } = guardOf();
  expect(await guard.alone(async () => void told.push('work'))).toBe(true);
  await expect(guard.alone(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(told).toEqual(['work', 'release', 'release']);
});

test('nothing is done in a lane that closes before it is its turn', async () => {
  const { guard, told } = guardOf({ granted: false });
  expect(await guard.alone(async () => void told.push('work'))).toBe(false);
  expect(told).toEqual([]);
});

test('a worker that survived an envelope says so', async () => {
  const { guard, told } = guardOf();
  await guard.survived('e');
  expect(told).toEqual(['clear e']);
});
