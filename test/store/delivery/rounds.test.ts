import { expect, test } from '@jest/globals';
import { Rounds, visitTimes, type WorkAgenda } from '#store/delivery/agenda.ts';

interface Look {
  readonly due: readonly string[];
  readonly waitMs: number | null;
}

async function turns(n = 5): Promise<void> {
  for (let turn = 0; turn < n; turn += 1) await new Promise(setImmediate);
}

/** A worker that serves some pixels, and what its looks find, one after the other. */
function roundsOf(serving: string[], looks: (Look | Error)[]) {
  const served = new Set(serving);
  const asked: string[][] = [];
  const due: string[][] = [];
  const rung: string[][] = [];
  const waits: (number | null)[] = [];
  const swept: (readonly string[])[] = [];
  const errors: Error[] = [];
  let wake: (error?: Error) => void = () => {};
  const agenda: WorkAgenda = {
    async look(strangers) {
      asked.push([...strangers]);
      const next = looks.shift() ?? { due: [], waitMs: null };
      if (next instanceof Error) throw next;
      return next;
    },
    wait(waitMs) {
      waits.push(waitMs);
      return new Promise((resolve, reject) => {
        wake = (error) => (error === undefined ? resolve() : reject(error));
      });
    },
    ring: async (pixelIds) => void rung.push([...pixelIds]),
    async sweep(pixelIds) {
      swept.push(pixelIds);
      return 0;
    },
    close: () => wake(new Error('Connection is closed.')),
  };
  const lanes = {
    get pixels() {
      return [...served];
    },
    serves: (pixelId: string) => served.has(pixelId),
    onDue: (pixelIds: readonly string[]) => void due.push([...pixelIds]),
  };
  const rounds = new Rounds({ agenda, lanes, onError: (error) => void errors.push(error) });
  return { rounds, served, asked, due, rung, waits, swept, errors, ring: () => wake() };
}

test('a worker looks, sees to what is due, and waits until something else is', async () => {
  const worker = roundsOf(
    ['1', '2'],
    [
      { due: ['1'], waitMs: 700 },
      { due: ['2', '1'], waitMs: null },
    ],
  );
  worker.rounds.start();
  await turns();
  expect([worker.due, worker.waits]).toEqual([[['1']], [700]]);
  worker.ring();
  await turns();
  expect([worker.due, worker.waits]).toEqual([
    [['1'], ['2', '1']],
    [700, null],
  ]);
  expect(worker.swept).toEqual([['1', '2']]);
  await worker.rounds.stop();
  expect(worker.errors).toEqual([]);
});

test('it looks again at once while more is due', async () => {
  const worker = roundsOf(
    ['1', '2'],
    [
      { due: ['1'], waitMs: 0 },
      { due: ['2'], waitMs: 0 },
      { due: [], waitMs: 90 },
    ],
  );
  worker.rounds.start();
  await turns();
  expect([worker.due, worker.waits]).toEqual([[['1'], ['2'], []], [90]]);
  await worker.rounds.stop();
});

test('pixels that it does not serve are given back once, and left alone until it serves them', async () => {
  const worker = roundsOf(['1'], [{ due: ['9', '1'], waitMs: 0 }]);
  worker.rounds.start();
  await turns();
  expect([worker.due[0], worker.rung]).toEqual([['1'], [['9']]]);
  expect(worker.asked).toEqual([[], ['9']]);
  worker.served.add('9');
  worker.ring();
  await turns();
  expect(worker.asked.at(-1)).toEqual([]);
  await worker.rounds.stop();
});

test('however many strangers there are, it names no more than a thousand of them', async () => {
  const strangers = Array.from({ length: 1500 }, (_, n) => `s${n}`);
  const worker = roundsOf([], [{ due: strangers, waitMs: 0 }]);
  worker.rounds.start();
  await turns();
  expect(worker.asked.at(-1)).toEqual(strangers.slice(-1000));
  // They would be due at once, and no look could name them all.
  expect(worker.rung).toEqual([]);
  await worker.rounds.stop();
});

test('an error is told, and ends nothing; stopping is none', async () => {
  const worker = roundsOf(['1'], [new Error('LOADING')]);
  worker.rounds.start();
  await turns();
  expect(worker.errors).toEqual([new Error('LOADING')]);
  await worker.rounds.stop();
  expect(worker.errors).toHaveLength(1);
});

test.each([400, 5000, 30_000, 600_000])(
  'with locks of %i ms, each visit of a queue that holds something is late enough to look for stalled envelopes',
  (lockMs) => {
    const { recheckMs, checkMs } = visitTimes(lockMs);
    expect(checkMs).toBeLessThan(recheckMs);
    expect(recheckMs).toBeLessThanOrEqual(lockMs / 2);
  },
);
