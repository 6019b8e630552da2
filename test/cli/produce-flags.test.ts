import { describe, expect, test } from '@jest/globals';
import { CommanderError } from 'commander';
import { produceCommand, readFlags } from '#cli/produce/flags.ts';
import { UsageError } from '#config/errors.ts';

function read(...args: string[]) {
  const command = produceCommand();
  command.parse(args, { from: 'user' });
  return readFlags(command.opts());
}

test('without flags: a thousand messages of three shops, one in a hundred bad', () => {
  expect(read()).toMatchObject({
    topic: null,
    count: 1_000,
    durationMs: null,
    rate: null,
    startMs: null,
    badShare: 0.01,
    sources: ['shop-eu', 'shop-us', 'shop-jp'],
    compression: 'lz4',
    file: null,
    partitions: null,
    traced: false,
    dryRun: false,
    json: false,
  });
});

test('each run without a seed gets another one', () => {
  expect(read().seed).not.toBe(read().seed);
});

test('flags are read into numbers, moments and lists', () => {
  const flags = [
    ...['--count=5', '--duration=1.5', '--rate=0.5', '--seed=7', '--start=2026-11-20T10:00:00Z'],
    ...['--bad=0.5', '--sources=a, b,a', '--topic=t', '--compression=zstd', '--create-topic=6'],
    ...['--traced', '--dry-run', '--json'],
  ];
  expect(read(...flags)).toMatchObject({
    count: 5,
    durationMs: 1_500,
    rate: 0.5,
    seed: '7',
    startMs: Date.parse('2026-11-20T10:00:00Z'),
    badShare: 0.5,
    sources: ['a', 'b'],
    topic: 't',
    compression: 'zstd',
    partitions: 6,
    traced: true,
    dryRun: true,
    json: true,
  });
});

test.each([[['--rate', '5']], [['--duration', '5']], [['--file', '-']]])(
  '%j has no count of its own',
  (flags) => {
    expect(read(...flags).count).toBeNull();
  },
);

describe('what is wrong is named', () => {
  test.each([
    ['--count', '0', 'whole number of messages'],
    ['--count', '1.5', 'whole number of messages'],
    ['--duration', 'soon', 'seconds'],
    ['--duration', '0', 'seconds'],
    ['--rate', '-1', 'messages per second'],
    ['--rate', ' ', 'messages per second'],
    ['--start', 'yesterday', '2026-11-20T10:00:00Z'],
    ['--bad', '2', '0 to 1'],
    ['--bad', ' ', '0 to 1'],
    ['--sources', 'a,,b', 'commas'],
    ['--create-topic', 'many', 'partitions'],
  ])('%s %s', (flag, value, words) => {
    expect(() => read(`${flag}=${value}`)).toThrow(UsageError);
    expect(() => read(`${flag}=${value}`)).toThrow(flag);
    expect(() => read(`${flag}=${value}`)).toThrow(words);
  });

  test('--compression brotli', () => {
    expect(() => read('--compression=brotli')).toThrow(CommanderError);
    expect(() => read('--compression=brotli')).toThrow('--compression');
    expect(() => read('--compression=brotli')).toThrow('none, gzip, snappy, lz4, zstd');
  });

  test.each(['--seed=1', '--start=2026-11-20', '--bad=0', '--sources=a'])(
    '%s does not go with --file',
    (flag) => {
      expect(() => read('--file=-', flag)).toThrow("cannot be used with option '--file <path>'");
    },
  );
});
