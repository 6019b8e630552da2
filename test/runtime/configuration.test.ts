import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DEFAULT_PIXEL_SETTINGS, type PixelSettings } from '#core/pixel-settings.ts';
import type { Configuration, PixelConfiguration } from '#runtime/configuration/configuration.ts';
import { loadConfiguration, parsePixelSettings } from '#runtime/configuration/load.ts';
import { ConfigurationError, type Problem } from '#runtime/configuration/problem.ts';
import { watchConfiguration } from '#runtime/configuration/watch.ts';
import { eventually } from '#test/support/deadline.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const MINIMAL = {
  kafka: { brokers: ['a:1'], topics: ['t'] },
  redis: { url: 'redis://localhost:6379' },
  sealing: { currentKey: 'k', keys: [{ id: 'k', key: KEY }] },
  pixels: [{ pixelId: '1', accessToken: 'secret-token' }],
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-configuration-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function load(content: unknown, env: Record<string, string> = {}): Promise<Configuration> {
  const file = join(folder, 'c.yaml');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return loadConfiguration(file, env);
}

async function problemsOf(
  content: unknown,
  env: Record<string, string> = {},
): Promise<readonly Problem[]> {
  const error = await load(content, env).catch((caught: unknown) => caught);
  if (!(error instanceof ConfigurationError)) throw new Error('the configuration was accepted');
  expect(error.message).not.toContain('secret-token');
  return error.problems;
}

describe('a configuration', () => {
  test('gets its defaults', async () => {
    const { ingest, worker, graphApi, pixels, sealing } = await load(MINIMAL);
    expect(graphApi).toEqual({
      url: 'https://graph.facebook.com',
      version: 'v25.0',
      timeoutMs: 10_000,
    });
    expect(ingest).toMatchObject({ port: 9101, envelope: { maxEvents: 250 } });
    expect(worker).toMatchObject({ port: 9102, batch: { maxEvents: 1000 } });
    expect(pixels[0]).toMatchObject({ ...DEFAULT_PIXEL_SETTINGS, accessToken: 'secret-token' });
    expect(sealing?.keys[0]?.key).toHaveLength(32);
  });

  test('may be the sample of the repository', async () => {
    const sample = join(import.meta.dirname, '../../deploy/capi-relay.sample.yaml');
    const env = { CAPI_RELAY_SEALING_KEY: KEY, CAPI_RELAY_ACCESS_TOKEN: 'token' };
    const { pixels } = await loadConfiguration(sample, env);
    expect(pixels[0]).toMatchObject({ accessToken: 'token', defaultCountry: 'DE' });
  });

  test('is overridden by the environment, which also fills in what is missing', async () => {
    const env = { KAFKA_BROKERS: 'x:1, y:2', REDIS_URL: 'redis://r', GRAPH_API_URL: 'http://g' };
    const { redis: _, ...rest } = MINIMAL;
    const { kafka, redis, graphApi } = await load(rest, env);
    expect([kafka.brokers, redis.url, graphApi.url]).toEqual([
      ['x:1', 'y:2'],
      'redis://r',
      'http://g',
    ]);
  });

  test('takes values and secrets from elsewhere', async () => {
    await writeFile(join(folder, 'token'), 'from-a-file\n');
    const pixels = [
      { pixelId: '1', accessTokenFile: './token' },
      { pixelId: '2', accessToken: 'a-${SUFFIX}-$${SUFFIX}' },
    ];
    const loaded = await load({ ...MINIMAL, pixels }, { SUFFIX: 'b' });
    expect(loaded.pixels.map(({ accessToken }) => accessToken)).toEqual([
      'from-a-file',
      'a-b-${SUFFIX}',
    ]);
    expect(loaded.files).toContain(join(folder, 'token'));
  });
});

const pixel = (extra: object) => ({ ...MINIMAL, pixels: [{ ...MINIMAL.pixels[0], ...extra }] });
const sealedBy = (key: object) => ({
  ...MINIMAL,
  sealing: { currentKey: 'k', keys: [{ id: 'k', ...key }] },
});

describe('a problem names its path and the mend', () => {
  test.each<[string, unknown, string, string]>([
    ['an unknown key', { ...MINIMAL, ingestt: {} }, 'ingestt', 'did you mean ingest?'],
    [
      'an unknown key within',
      pixel({ acessToken: 'x' }),
      'pixels[0].acessToken',
      'did you mean accessToken?',
    ],
    ['a wrong type', { ...MINIMAL, worker: { port: 'x' } }, 'worker.port', 'give a number'],
    ['a pixel id without quotes', pixel({ pixelId: 1 }), 'pixels[0].pixelId', 'quotes'],
    [
      'a value out of a list',
      pixel({ defaultActionSource: 'web' }),
      'pixels[0].defaultActionSource',
      'website',
    ],
    ['no such currency', pixel({ defaultCurrency: 'EURO' }), 'pixels[0].defaultCurrency', 'docs'],
    ['a missing section', { ...MINIMAL, kafka: undefined }, 'kafka', 'give'],
    [
      'a variable that is not set',
      pixel({ accessToken: '${NOPE}' }),
      'pixels[0].accessToken',
      'export NOPE',
    ],
    ['no token', pixel({ accessToken: undefined }), 'pixels[0]', 'accessTokenFile'],
    ['two tokens', pixel({ accessTokenFile: 'x' }), 'pixels[0]', 'keep one'],
    [
      'a file that is not there',
      sealedBy({ keyFile: './gone' }),
      'sealing.keys[0].keyFile',
      './gone',
    ],
    ['a key of the wrong length', sealedBy({ key: 'c2hvcnQ=' }), 'sealing.keys[0]', 'openssl rand'],
    [
      'a current key that is none',
      { ...MINIMAL, sealing: { currentKey: 'x', keys: [{ id: 'k', key: KEY }] } },
      'sealing.currentKey',
      'name one',
    ],
    [
      'the same pixel twice',
      { ...MINIMAL, pixels: [MINIMAL.pixels[0], MINIMAL.pixels[0]] },
      'pixels[1].pixelId',
      'one entry',
    ],
    [
      'a topic nobody reads',
      pixel({ events: { topics: ['other'] } }),
      'pixels[0].events.topics',
      'add it',
    ],
    [
      'marks the wrong way round',
      { ...MINIMAL, ingest: { backpressure: { resumeAtEvents: 600_000 } } },
      'ingest.backpressure.resumeAtEvents',
      'lower it',
    ],
    [
      'batches larger than Meta takes',
      { ...MINIMAL, worker: { batch: { maxEvents: 2000 } } },
      'worker.batch.maxEvents',
      'docs',
    ],
    ['a URL of another kind', { ...MINIMAL, redis: { url: 'http://x' } }, 'redis.url', 'docs'],
    ['what is not YAML', 'kafka: [\nredis: }', 'line 2', 'mend the line'],
    ['an empty file', '', 'the file', 'give'],
  ])('%s', async (_name, content, path, mend) => {
    const problems = await problemsOf(content);
    const found = problems.find((problem) => problem.path === path);
    expect(problems.map((problem) => problem.path)).toContain(path);
    expect(found?.mend).toContain(mend);
  });

  test('and all of them are listed', async () => {
    const problems = await problemsOf({ kafka: { brokers: [] }, pixels: [{}], worker: { x: 1 } });
    expect(problems.length).toBeGreaterThanOrEqual(6);
  });

  test('also when there is no file, or none is named', async () => {
    await expect(loadConfiguration(join(folder, 'gone.yaml'), {})).rejects.toThrow('no such file');
    await expect(loadConfiguration(undefined, {})).rejects.toThrow('--config');
  });
});

describe('the settings of a pixel', () => {
  test('have the defaults of the mapping', () => {
    const parsed = parsePixelSettings({ pixelId: '5', accessToken: 'ignored' });
    if (!parsed.ok) throw new Error('refused');
    expect(parsed.settings).toMatchObject({ ...DEFAULT_PIXEL_SETTINGS, pixelId: '5' });
  });

  test('are what the mapping takes', () => {
    const asTaken = (configured: PixelConfiguration): PixelSettings => configured;
    expect(asTaken).toBeDefined();
  });

  test('may be wrong', () => {
    const parsed = parsePixelSettings({ pixelId: '5', eventMapping: {} });
    expect(parsed).toMatchObject({ ok: false, problems: [{ path: 'eventMapping' }] });
  });
});

test('a change is taken up, a wrong one is refused, and SIGHUP asks for a look', async () => {
  const file = join(folder, 'watched.json');
  const write = async (token: string): Promise<void> => {
    // As mounted secrets change: another file takes the place of the old one.
    await writeFile(`${file}.new`, JSON.stringify(pixel({ accessToken: token })));
    await rename(`${file}.new`, file);
  };
  await write('first');
  const tokens: string[] = [];
  const refused: Error[] = [];
  const end = watchConfiguration({
    path: file,
    env: {},
    current: await loadConfiguration(file, {}),
    onChange: ({ pixels }) => void tokens.push(pixels[0]?.accessToken ?? ''),
    onRefused: (error) => void refused.push(error),
  });
  try {
    await eventually(
      async () => {
        await write('second-token');
        expect(tokens).toContain('second-token');
      },
      { withinMs: 10_000, everyMs: 1500 },
    );
    await write('${NOT_SET}');
    await eventually(() => expect(refused).toHaveLength(1), { withinMs: 5000 });
    await write('third');
    await eventually(() => expect(tokens.at(-1)).toBe('third'), { withinMs: 5000 });
    const before = tokens.length;
    process.emit('SIGHUP');
    await eventually(() => expect(tokens.length).toBeGreaterThan(before), { withinMs: 5000 });
  } finally {
    end();
  }
}, 30_000);
