import { expect, test } from '@jest/globals';
import { noting } from '#core/retried-work.ts';
import { RedisWork } from '#store/redis-fault.ts';

function watched() {
  const failures: string[] = [];
  const work = new RedisWork({
    onFailure: (operation, fault) => failures.push(`${operation} ${fault}`),
  });
  return { work, failures };
}

function refusal(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

test('what fails is tried until it is done, and each failure is told', async () => {
  const { work, failures } = watched();
  let tries = 0;
  const seen: (string | null)[] = [];
  const result = await work.retryUntilDone('intake', async () => {
    seen.push(work.fault());
    tries += 1;
    if (tries < 3) throw refusal('NOPERM no');
    return 'written';
  });
  expect(result).toBe('written');
  expect(failures).toEqual(['intake not_allowed', 'intake not_allowed']);
  expect(seen).toEqual([null, 'intake: NOPERM no', 'intake: NOPERM no']);
  expect(work.fault()).toBeNull();
});

test('what is not wanted any more ends, and counts as failing no longer', async () => {
  const { work } = watched();
  let wanted = true;
  const result = work.retryUntilDone(
    'watermarks',
    async () => {
      wanted = false;
      throw refusal('MOVED 1 a:1');
    },
    () => wanted,
  );
  expect(await result).toBeNull();
  expect(work.fault()).toBeNull();
});

test('an attempt is noted and handed on', async () => {
  const { work, failures } = watched();
  const board = noting(work, 'lane_board', {
    async read(fail: boolean) {
      if (fail) throw refusal('READONLY no');
      return 'read';
    },
  });
  await expect(board.read(true)).rejects.toThrow('READONLY no');
  expect(work.fault()).toBe('lane_board: READONLY no');
  expect(failures).toEqual(['lane_board read_only']);
  expect(await board.read(false)).toBe('read');
  expect(work.fault()).toBeNull();
});

test('what never tells of success is forgotten', () => {
  const { work } = watched();
  work.failed('jobs', refusal('OOM'), { forMs: 60_000 });
  work.failed('settle', refusal('OOM'), { forMs: 0 });
  expect(work.fault()).toBe('jobs: OOM');
});
