import { describe, expect, test } from '@jest/globals';
import { Random } from '#cli/produce/random.ts';
import { Agenda, Thread } from '#docs/scaling/agenda.ts';
import { type Cell, simulate } from '#docs/scaling/cell.ts';
import { costsOf, MEASURED, usOf } from '#docs/scaling/costs.ts';
import { Draws } from '#docs/scaling/draws.ts';
import type { Course } from '#docs/scaling/observed.ts';
import { scalingPage } from '#docs/scaling/page.ts';
import { type Load, planFor } from '#docs/scaling/plan.ts';
import { defaultSettings } from '#docs/scaling/settings.ts';

const costs = costsOf(MEASURED);
const CELL: Cell = {
  eventsPerSecond: 4000,
  pixels: 4,
  ingests: 2,
  workers: 2,
  costs: {
    ...costs,
    ingest: { envelopeUs: 100, eventUs: 20 },
    worker: { envelopeUs: 100, eventUs: 20 },
    redis: { envelopeUs: 100, eventUs: 5 },
  },
  settings: defaultSettings(),
  answers: { median: 0.3, p90: 0.6 },
};
const COURSE: Course = { seconds: 8, countedFrom: 2, pause: null };

const draws = () => new Draws(new Random('test'));
const run = (cell: Partial<Cell>, course: Partial<Course> = {}) =>
  simulate({ ...CELL, ...cell }, { ...COURSE, ...course }, draws());

describe('the agenda', () => {
  test('does things by time, and those at the same time in the order in which they were planned', () => {
    const agenda = new Agenda();
    const done: string[] = [];
    for (const [at, name] of [
      [3, 'd'],
      [1, 'a'],
      [2, 'b'],
      [2, 'c'],
      [9, 'later'],
    ] as const) {
      agenda.plan(at, () => done.push(name));
    }
    agenda.runUntil(5);
    expect(done.join('')).toBe('abcd');
    expect(agenda.now).toBe(5);
  });

  test('a thread that is half busy lets work wait as long as the theory of queues says', () => {
    // Random arrivals, equal work: the mean wait is half of the work × utilisation ÷ (1 - utilisation).
    const agenda = new Agenda();
    const thread = new Thread(agenda);
    const random = draws();
    const [work, utilisation] = [0.01, 0.5];
    let waited = 0;
    let done = 0;
    const arrive = (): void => {
      const came = agenda.now;
      thread.work(work, () => {
        waited += agenda.now - came - work;
        done += 1;
      });
      agenda.plan(agenda.now - (Math.log(random.share()) * work) / utilisation, arrive);
    };
    arrive();
    agenda.runUntil(1000);
    expect(thread.busy / 1000).toBeCloseTo(utilisation, 1);
    expect(waited / done / work).toBeCloseTo(utilisation / (2 * (1 - utilisation)), 1);
  });
});

describe('a simulated cell', () => {
  test('delivers what comes, and is as busy as its costs say', () => {
    const seen = run({});
    expect(seen.deliveredPerSecond / CELL.eventsPerSecond).toBeCloseTo(1, 1);
    // 2,000 events a second for each ingest, and 4 pixels × 20 envelopes.
    expect(seen.busy.ingest).toBeCloseTo((2000 * 20 + 80 * 100) / 1e6, 2);
    expect(seen.busy.redis).toBeCloseTo((4000 * 5 + 160 * 100) / 1e6, 2);
    expect(seen.p50).toBeGreaterThan(CELL.answers.median);
    expect(seen.p99).toBeLessThan(2);
    expect(seen.recoveredAfter).toBeNull();
  });

  test('gives the same numbers for the same seed', () => {
    expect(run({})).toEqual(run({}));
  });

  test.each([
    ['ingest', { ingest: { envelopeUs: 0, eventUs: 1000 } }],
    ['redis', { redis: { envelopeUs: 0, eventUs: 500 } }],
    ['worker', { worker: { envelopeUs: 0, eventUs: 1000 } }],
  ] as const)('falls behind where %s is too slow, and only that is busy', (slow, cost) => {
    const seen = run({ costs: { ...CELL.costs, ...cost } });
    expect(seen.deliveredPerSecond).toBeLessThan(0.6 * CELL.eventsPerSecond);
    expect(seen.busy[slow]).toBeGreaterThan(0.9);
    const others = Object.entries(seen.busy).filter(([name]) => name !== slow);
    for (const [, busy] of others) expect(busy).toBeLessThan(0.5);
  });

  test('falls behind where Meta answers so slowly that all places for requests are taken', () => {
    const settings = { ...CELL.settings, requestEvents: 100 };
    const answers = { median: 4, p90: 4 };
    // 2 workers × 4 pixels × 8 requests of 100 events in 4 seconds.
    const seen = run({ settings, answers }, { seconds: 30, countedFrom: 10 });
    expect(seen.deliveredPerSecond).toBeLessThanOrEqual(1600);
    expect(seen.requestsPerSecond).toBeGreaterThan(10);
    expect(seen.requestsPerSecond).toBeLessThanOrEqual(16);
  });

  test('a worker has no more requests in flight than it may, over all of its pixels', () => {
    const settings = { ...CELL.settings, requestsPerWorker: 2 };
    const seen = run({ settings, answers: { median: 0.5, p90: 0.5 } });
    expect(seen.requestsPerSecond).toBeGreaterThan(7);
    expect(seen.requestsPerSecond).toBeLessThanOrEqual(8.5);
  });

  test('a longer linger makes fuller requests and older events', () => {
    const settings = { ...CELL.settings, requestLinger: 1 };
    const [short, long] = [run({}), run({ settings })];
    expect(long.requestsPerSecond).toBeLessThan(short.requestsPerSecond / 3);
    expect(long.p50).toBeGreaterThan(short.p50 + 0.3);
  });

  test('catches up after Redis was away, later where it is busier', () => {
    const course = { seconds: 60, pause: { at: 8, seconds: 10 } };
    const [idle, busy] = [
      run({}, course),
      run({ costs: { ...CELL.costs, redis: { envelopeUs: 100, eventUs: 150 } } }, course),
    ];
    expect(idle.deliveredPerSecond / CELL.eventsPerSecond).toBeCloseTo(1, 1);
    expect(idle.recoveredAfter).toBeGreaterThan(0);
    expect(busy.recoveredAfter).toBeGreaterThan(2 * (idle.recoveredAfter ?? 0));
    expect(busy.recoveredAfter).toBeLessThan(40);
  });
});

describe('the plan', () => {
  const load: Load = { eventsPerSecond: 10_000, pixels: 10, peak: 2, utilisation: 0.6 };

  test.each([1, 100, 10_000, 250_000, 3_000_000])(
    'keeps every thread below the limit at %i events a second',
    (eventsPerSecond) => {
      const plan = planFor({ ...load, eventsPerSecond, pixels: 1000 }, costs, defaultSettings());
      const part = (key: 'ingest' | 'worker' | 'redis', threads: number) =>
        (plan.eventsPerSecond * usOf(costs[key], plan.envelopeEvents)) / 1e6 / threads;
      expect(part('ingest', plan.ingests)).toBeLessThanOrEqual(0.6);
      expect(part('worker', plan.workers)).toBeLessThanOrEqual(0.6);
      expect(part('redis', 1)).toBeLessThanOrEqual(0.6);
      expect(plan.cells * plan.eventsPerSecond).toBeCloseTo(2 * eventsPerSecond, 3);
    },
  );

  test('has two of each for little traffic, and one Redis', () => {
    const plan = planFor({ ...load, eventsPerSecond: 100 }, costs, defaultSettings());
    expect(plan).toMatchObject({ cells: 1, ingests: 2, workers: 2, partitions: 4 });
  });

  test('the costs go through both measurements, as they are on a quiet machine', () => {
    const alone = MEASURED.aloneUs / (MEASURED.full.ingestUs + MEASURED.full.workerUs);
    for (const { envelopeEvents, redisUs, ingestUs } of [MEASURED.full, MEASURED.quiet]) {
      expect(usOf(costs.redis, envelopeEvents)).toBeCloseTo(alone * redisUs, 6);
      expect(usOf(costs.ingest, envelopeEvents)).toBeCloseTo(alone * ingestUs, 6);
    }
  });
});

test('a page without one of the tables is refused by name', () => {
  expect(() => scalingPage('# Scaling\n')).toThrow('begins with: | µs of CPU an event');
});
