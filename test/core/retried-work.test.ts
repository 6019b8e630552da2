import { describe, expect, test } from '@jest/globals';
import { RetriedWork, retry } from '#core/retried-work.ts';

describe('the loop', () => {
  function failing(times: number, waitMs: (failures: number) => number | null) {
    const waits: number[] = [];
    const told: string[] = [];
    let tries = 0;
    const work = async (): Promise<number> => {
      tries += 1;
      if (tries <= times) throw new Error(`failure ${tries}`);
      return tries;
    };
    const result = retry(work, {
      waitMs: (_, failures) => waitMs(failures),
      sleep: async (ms) => void waits.push(ms),
      onFailure: (error) => void told.push((error as Error).message),
    });
    return { result, waits, told };
  }

  test('waits as long as it is told after each failure, and tells each', async () => {
    const { result, waits, told } = failing(3, (failures) => failures * 10);
    expect(await result).toBe(4);
    expect(waits).toEqual([10, 20, 30]);
    expect(told).toEqual(['failure 1', 'failure 2', 'failure 3']);
  });

  test('fails with the failure after which there is nothing to wait for', async () => {
    const { result, told } = failing(3, (failures) => (failures > 2 ? null : 0));
    await expect(result).rejects.toThrow('failure 3');
    expect(told).toEqual(['failure 1', 'failure 2']);
  });

  test('tries nothing that is wanted no more', async () => {
    const work = async () => 'done';
    const options = { waitMs: () => 0, sleep: async () => {}, wanted: () => false };
    expect(await retry(work, options)).toBeNull();
  });
});

function workAt(clock: { now: number }) {
  return new RetriedWork<string>({
    onFailure() {},
    faultOf: () => 'other',
    sleep: async () => {},
    now: () => clock.now,
  });
}

test('what succeeds for one says nothing of another for which the same fails', async () => {
  const work = workAt({ now: 0 });
  const fail = () => Promise.reject(new Error('no such topic'));
  await work.attempt('topic_ids', fail, { of: 'a' }).catch(() => {});
  await work.attempt('topic_ids', async () => 'id', { of: 'b' });
  expect(work.fault()).toBe('topic_ids of a: no such topic');
  await work.attempt('topic_ids', async () => 'id', { of: 'a' });
  expect(work.fault()).toBeNull();
});

test('what is asked no more is forgotten in time', () => {
  const clock = { now: 0 };
  const work = workAt(clock);
  work.failed('topic_ids', new Error('away'), { of: 'a', forMs: 100 });
  clock.now = 99;
  expect(work.fault()).toBe('topic_ids of a: away');
  clock.now = 100;
  expect(work.fault()).toBeNull();
});
