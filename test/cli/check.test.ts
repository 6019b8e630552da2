import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkSealing, checkSecrets } from '#cli/check/check-files.ts';
import { memoryFindings } from '#cli/check/check-memory.ts';
import { SampleCounts, sampleFinding } from '#cli/check/check-sample.ts';
import { type ConnectionCheck, ok, runCheck } from '#cli/check/finding.ts';
import type { MappedLine } from '#cli/preview/line-mapper.ts';
import { filter, reject } from '#core/mapping/mapping-result.ts';
import { bareEnvironment } from '#test/support/bare-environment.ts';
import { commandAlone } from '#test/support/command-alone.ts';
import { inRepository } from '#test/support/in-repository.ts';

const MAIN = inRepository('services/cli/check/main.ts');

const PATIENCE_MS = 240_000;

const checkOf = (subject: string, work: ConnectionCheck['work']): ConnectionCheck => ({
  subject,
  fix: 'start it',
  work,
});

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-check-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('a check that fails says why, and how to fix it', () => {
  const coded = (code: string) => Object.assign(new Error('with a secret'), { code });
  test.each<[string, unknown, string]>([
    ['a code', coded('ECONNREFUSED'), 'ECONNREFUSED'],
    ['the code of a cause', new TypeError('x', { cause: coded('ENOTFOUND') }), 'ENOTFOUND'],
    ["Redis's own word", new Error('LOADING Redis is loading the dataset in memory'), 'LOADING'],
    ['a name', new TypeError('with a secret'), 'TypeError'],
  ])('%s', async (_, error, reason) => {
    const findings = await runCheck(
      checkOf('Redis', () => Promise.reject(error)),
      PATIENCE_MS,
    );
    expect(findings).toEqual([
      {
        level: 'failure',
        subject: 'Redis',
        message: `cannot be reached (${reason})`,
        fix: 'start it',
      },
    ]);
  });

  test('the last reason on the way, where the error itself says less', async () => {
    const [finding] = await runCheck(
      checkOf('Kafka', async (onFailureReason) => {
        onFailureReason('Connection error: connect ECONNREFUSED 127.0.0.1:9');
        onFailureReason(undefined);
        throw new Error('closed');
      }),
      PATIENCE_MS,
    );
    expect(finding?.message).toBe('cannot be reached (ECONNREFUSED)');
  });

  test('that it took too long, with the last reason', async () => {
    const [finding] = await runCheck(
      checkOf('Kafka', (onFailureReason) => {
        onFailureReason(coded('ETIMEDOUT'));
        return new Promise(() => {});
      }),
      100,
    );
    expect(finding).toMatchObject({
      level: 'failure',
      message: 'no answer within 0.1 s (ETIMEDOUT)',
    });
  });

  test('nothing, when all is well', async () => {
    expect(
      await runCheck(
        checkOf('Redis', async () => [ok('Redis', 'answers')]),
        PATIENCE_MS,
      ),
    ).toEqual([ok('Redis', 'answers')]);
  });
});

describe('secrets', () => {
  test('in a file that everybody may read are warned of', async () => {
    const files = [join(folder, 'open'), join(folder, 'closed')] as const;
    for (const file of files) await writeFile(file, 'x');
    await chmod(files[0], 0o644);
    await chmod(files[1], 0o640);
    expect(await checkSecrets(files)).toMatchObject([
      { level: 'warning', message: expect.stringMatching(/may read open$/) },
    ]);
    expect(await checkSecrets([files[1]])).toMatchObject([{ level: 'ok' }]);
    expect(await checkSecrets([])).toEqual([]);
  });

  test('that are sealed open again', () => {
    const keys = [{ id: 'k', key: Buffer.alloc(32) }];
    const sealing = { currentKey: 'k', keys, acceptUnsealed: false, acceptVersion1: true };
    expect(checkSealing(null)).toEqual([]);
    expect(checkSealing(sealing)).toMatchObject([{ level: 'ok' }]);
  });
});

test('a wrong configuration is a finding too, where findings are wanted as JSON', async () => {
  const file = join(folder, 'wrong.yaml');
  await writeFile(file, 'kafka: { brokrs: [] }\n');
  const args = [MAIN, '--json', '--config', file];
  const { code, out } = await commandAlone(process.execPath, args, { env: bareEnvironment() });
  expect(code).toBe(2);
  expect(JSON.parse(out).findings).toContainEqual({
    level: 'failure',
    subject: 'configuration',
    message: 'line 1, kafka.brokrs: is an unknown key',
    fix: 'did you mean brokers?',
  });
});

describe('what Redis remembers of events', () => {
  const MEBIBYTE = 1_048_576;
  const ratios = { pauseAtMemoryRatio: 0.7 };
  test.each<[string, { receipts?: boolean; duplicates?: boolean }, number, string | null]>([
    ['nothing, where neither is on', {}, 1, null],
    [
      'as much as it likes, where Redis has no limit',
      { receipts: true, duplicates: true },
      0,
      null,
    ],
    ['a small part of it', { receipts: true }, 1024, null],
    ['more than half of what may be used', { receipts: true }, 700, 'warning'],
    ['all of it', { receipts: true }, 300, 'failure'],
    ['all of it, together', { receipts: true, duplicates: true }, 800, 'failure'],
    ['more than half of it, by the window', { duplicates: true }, 900, 'warning'],
  ])('leaves room for what waits, or check says so: %s', (_, on, mebibytes, level) => {
    const sections = {
      receipts: { enabled: on.receipts ?? false, keepHours: 24, maxBytes: 256 * MEBIBYTE },
      ingest: {
        backpressure: ratios,
        duplicates: { enabled: on.duplicates ?? false, windowHours: 24, maxEvents: 5_000_000 },
      },
    };
    const found = memoryFindings(sections, mebibytes * MEBIBYTE);
    expect(found.map((each) => each.level)).toEqual(level === null ? [] : [level]);
    for (const { message, fix } of found) {
      expect(message).toMatch(
        /may take \d+ MiB, and ingest pauses when \d+ MiB of \d+ MiB are used/,
      );
      expect(fix).toMatch(/maxmemory.*receipts\.maxBytes.*duplicates\.maxEvents/);
    }
  });
});

describe('what would become of the newest messages', () => {
  const deliver = { outcome: 'deliver' } as MappedLine['result'];
  const noPixel = { outcome: 'filter', reason: 'no_pixel', message: 'x' } as const;
  const consent = filter('no_consent', 'x');
  const noValue = reject('missing_value', 'jane@example.com');
  const tooOld = reject('too_old', 'x');
  const times = (count: number, ...results: MappedLine['result'][]) =>
    Array.from({ length: count }, () => results);

  test.each<[string, MappedLine['result'][][], string, string]>([
    ['nothing is there', [], 'ok', 'topic t holds no message yet: nothing to sample'],
    ['all deliver', times(3, deliver), 'ok', 'of the last 3 messages: 3 deliver'],
    ['one delivers', times(1, deliver), 'ok', 'of the last message: 1 delivers'],
    [
      'some match no pixel, and some would be dead letters',
      [...times(180, deliver), ...times(12, noPixel), ...times(8, noValue)],
      'ok',
      'of the last 200 messages: 180 deliver, 12 match no pixel (no_pixel), 8 would be dead letters (missing_value 8); for example missing_value at t/0 offset 199, no_pixel at t/0 offset 191',
    ],
    [
      'half would be dead letters',
      [...times(2, deliver), ...times(2, tooOld)],
      'ok',
      'of the last 4 messages: 2 deliver, 2 would be dead letters (too_old 2); for example too_old at t/0 offset 3',
    ],
    [
      'more than half would be dead letters',
      [...times(2, deliver), ...times(1, tooOld), ...times(2, noValue)],
      'warning',
      'of the last 5 messages: 2 deliver, 3 would be dead letters (missing_value 2, too_old 1); for example missing_value at t/0 offset 4, too_old at t/0 offset 2',
    ],
    [
      'none delivers',
      [...times(2, consent), ...times(1, noPixel)],
      'warning',
      'of the last 3 messages: 0 deliver, 1 matches no pixel (no_pixel), 2 would be filtered (no_consent 2); for example no_consent at t/0 offset 1, no_pixel at t/0 offset 2',
    ],
    [
      'a message of two pixels is a dead letter of one',
      times(1, deliver, noValue),
      'warning',
      'of the last message: 0 deliver, 1 would be a dead letter (missing_value 1); for example missing_value at t/0 offset 0',
    ],
  ])('%s', (_, messages, level, said) => {
    const counts = new SampleCounts();
    for (const [offset, results] of messages.entries()) {
      const kafka = { topic: 't', partition: 0, offset, timestamp: 0 };
      counts.add(
        kafka,
        results.map((result) => ({ result })),
      );
    }
    const found = sampleFinding(counts, ['t'], 200, ' --config c.yaml');
    expect(found).toMatchObject({ level, subject: 'messages', message: said });
    expect(JSON.stringify(found)).not.toContain('jane');
    if (level === 'ok') expect(found.fix).toBe('');
    else expect(found.fix).toContain('preview --readable --from-kafka 200 --config c.yaml');
  });

  test('names the three most frequent reasons', () => {
    const counts = new SampleCounts();
    const reasons = ['too_old', 'future', 'missing_value', 'invalid_currency'] as const;
    for (const [at, reason] of reasons.entries()) {
      for (const results of times(at + 1, reject(reason, 'x'))) {
        const kafka = { topic: 't', partition: 0, offset: at, timestamp: 0 };
        counts.add(
          kafka,
          results.map((result) => ({ result })),
        );
      }
    }
    const { message } = sampleFinding(counts, ['t'], 200);
    expect(message).toContain('(invalid_currency 4, missing_value 3, future 2)');
    expect(message).not.toContain('too_old');
  });
});
