import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createLogger } from '#process/logger.ts';
import { createServiceLog, type ServiceLog } from '#process/service-log.ts';

const MINUTE_MS = 60_000;

let lines: Record<string, unknown>[] = [];
let log: ServiceLog;

beforeEach(() => {
  jest.useFakeTimers();
  lines = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  log = createServiceLog(createLogger('test', 'debug', { write }));
});

afterEach(() => {
  jest.useRealTimers();
});

describe('dead letters', () => {
  test('are one line a minute for each pixel and reason, with their number', () => {
    log.dead('1', 'worker', 'rejected_by_meta', 1);
    log.dead('1', 'worker', 'rejected_by_meta', 1);
    log.dead('1', 'ingest', 'too_old', 30);
    log.dead('2', 'worker', 'rejected_by_meta', 5);
    expect(lines).toEqual([]);
    jest.advanceTimersByTime(MINUTE_MS);
    expect(lines).toMatchObject([
      { level: 'warn', pixel: '1', stage: 'worker', reason: 'rejected_by_meta', count: 2 },
      { level: 'warn', pixel: '1', stage: 'ingest', reason: 'too_old', count: 30 },
      { level: 'warn', pixel: '2', stage: 'worker', reason: 'rejected_by_meta', count: 5 },
    ]);
    jest.advanceTimersByTime(10 * MINUTE_MS);
    expect(lines).toHaveLength(3);
  });

  test('that were counted are said before the process ends', () => {
    log.dead('1', 'worker', 'too_old', 7);
    log.flush();
    log.flush();
    expect(lines).toMatchObject([{ msg: 'dead letters', count: 7 }]);
  });
});

describe('what fails again and again', () => {
  test('is said at once, then once a minute with how often, then not at all', () => {
    for (let n = 0; n < 240; n += 1) log.failed('trying again', new Error(`no ${n}`));
    expect(lines).toMatchObject([{ level: 'warn', msg: 'trying again', count: 1 }]);
    jest.advanceTimersByTime(MINUTE_MS);
    expect(lines.slice(1)).toMatchObject([{ count: 239, error: { message: 'no 239' } }]);
    jest.advanceTimersByTime(10 * MINUTE_MS);
    expect(lines).toHaveLength(2);
    log.failed('trying again', new Error('once more'));
    expect(lines).toHaveLength(3);
  });

  test('for one pixel does not hide another one', () => {
    log.failed('the queue', new Error('a'), { pixel: '1' });
    log.failed('the queue', new Error('a'), { pixel: '2' });
    expect(lines.map(({ pixel }) => pixel)).toEqual(['1', '2']);
  });
});

describe('what was done', () => {
  test('is one line a minute with its sums, and none without work', () => {
    log.did({ delivered: 5, dead: 0 });
    log.did({ delivered: 7, retried: 1 });
    expect(lines).toEqual([]);
    jest.advanceTimersByTime(MINUTE_MS);
    expect(lines).toMatchObject([
      { level: 'info', msg: 'summary', seconds: 60, delivered: 12, retried: 1 },
    ]);
    expect(lines[0]).not.toHaveProperty('dead');
    jest.advanceTimersByTime(10 * MINUTE_MS);
    log.did({ delivered: 0 });
    jest.advanceTimersByTime(MINUTE_MS);
    expect(lines).toHaveLength(1);
    log.did({ delivered: 2 });
    jest.advanceTimersByTime(MINUTE_MS);
    expect(lines.slice(1)).toMatchObject([{ msg: 'summary', delivered: 2 }]);
  });

  test('since the last summary is said before the process ends', () => {
    log.did({ delivered: 3 });
    log.flush();
    log.flush();
    expect(lines).toMatchObject([{ msg: 'summary', delivered: 3 }]);
  });
});

test('a connection that is lost is a warning, one that is back is news', () => {
  log.connection('redis_lost', 'ECONNREFUSED');
  log.connection('redis_ready', 'redis-2:6379');
  expect(lines).toMatchObject([
    { level: 'warn', cause: 'ECONNREFUSED' },
    { level: 'info', server: 'redis-2:6379' },
  ]);
});

test('what is wrong with Redis does not take the place of the level', () => {
  log.redis({ problem: 'no append-only file', fix: 'switch it on' });
  expect(lines).toMatchObject([{ level: 'warn', fix: 'switch it on' }]);
});
