import { expect, test } from '@jest/globals';
import { holdsBack, type Pressure, startBackpressure } from '#ingest/backpressure.ts';
import { eventually } from '#test/support/deadline.ts';

const CALM: Pressure = { events: 0, deadLetters: 0, memoryRatio: 0 };
const MARKS = { upper: 100, lower: 50 };

test.each([
  [{ events: 100 }, { events: 60 }, { events: 50 }],
  [{ deadLetters: 100 }, { deadLetters: 60 }, { deadLetters: 50 }],
  [{ memoryRatio: 0.8 }, { memoryRatio: 0.7 }, { memoryRatio: 0.6 }],
  [{ events: 100, deadLetters: 100 }, { deadLetters: 100 }, { deadLetters: 50 }],
])('%j holds Kafka back, %j still does, %j lets it flow', async (full, between, low) => {
  const happened: string[] = [];
  let now: Partial<Pressure> = {};
  let looks = 0;
  const end = startBackpressure({
    marks: { events: MARKS, deadLetters: MARKS, memoryRatio: { upper: 0.8, lower: 0.6 } },
    pollMs: 1,
    measure: async () => {
      looks += 1;
      return { ...CALM, ...now };
    },
    onPause: () => happened.push('pause'),
    onResume: () => happened.push('resume'),
  });
  const afterLooking = async (pressure: Partial<Pressure>): Promise<string[]> => {
    now = pressure;
    const seen = looks;
    await eventually(() => expect(looks).toBeGreaterThan(seen + 2), { everyMs: 1 });
    return [...happened];
  };
  expect(await afterLooking({})).toEqual([]);
  expect(await afterLooking(full)).toEqual(['pause']);
  expect(await afterLooking(between)).toEqual(['pause']);
  expect(await afterLooking(low)).toEqual(['pause', 'resume']);
  end();
});

test.each([
  [99, false, false],
  [100, false, true],
  [60, true, true],
  [50, true, false],
  [60, false, false],
])('at %i, held back before: %s → %s', (value, before, after) => {
  expect(holdsBack({ upper: 100, lower: 50 }, value, before)).toBe(after);
});
