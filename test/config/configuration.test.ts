import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadConfiguration } from '#config/load.ts';
import { DEFAULT_PIXEL_SETTINGS } from '#core/event/pixel-settings.ts';
import { inRepository } from '#test/support/in-repository.ts';
import { requestSettings } from '#test/support/request-settings.ts';
import { CERTIFICATE } from './certificate.ts';
import {
  ConfigurationFolder,
  KEY,
  MINIMAL,
  ref,
  SECRET,
  withPixel,
} from './configuration-folder.ts';

let folder: ConfigurationFolder;
beforeAll(async () => {
  folder = await ConfigurationFolder.make();
});
afterAll(() => folder.remove());

describe('a configuration', () => {
  test('gets its defaults', async () => {
    const { ingest, worker, graphApi, pixels, sealing, files } = await folder.load(MINIMAL);
    expect(graphApi).toEqual({
      url: 'https://graph.facebook.com',
      version: 'v27.0',
      canary: null,
      timeoutMs: 10_000,
    });
    expect(ingest).toMatchObject({ port: 9101, envelope: { maxEvents: 250 } });
    expect(worker).toMatchObject({ port: 9102, batch: { maxEvents: 1000 } });
    expect(pixels[0]).toEqual({
      ...DEFAULT_PIXEL_SETTINGS,
      pixelId: '1',
      ...requestSettings(SECRET),
      weight: 1,
      events: {},
    });
    expect(sealing?.keys[0]?.key).toEqual(Buffer.alloc(32, 7));
    expect(files).toEqual([join(folder.path, 'c.yaml')]);
  });

  test('reads the secret of an app from a file or not at all', async () => {
    await folder.write('app-secret', 'the-app-secret\n');
    const { pixels, files } = await folder.load(withPixel({ appSecretFile: 'app-secret' }));
    expect(pixels[0]).toMatchObject({ appSecret: 'the-app-secret' });
    expect(pixels[0]).not.toHaveProperty('appSecretFile');
    expect(files).toContain(join(folder.path, 'app-secret'));
    const settings = { appSecret: 'x', partnerAgent: 'shop_1_0', namespaceId: '7', uploadTag: ' ' };
    const loaded = await folder.load(withPixel(settings));
    expect(loaded.pixels[0]).toMatchObject({ ...settings, uploadTag: null });
  });

  test('may be JSON, indented as one likes', async () => {
    const { kafka } = await folder.load(JSON.stringify(MINIMAL, null, '\t'));
    expect(kafka.topics).toEqual(['t']);
  });

  test('may repeat itself by reference', async () => {
    const yaml = `${Object.entries(MINIMAL)
      .filter(([section]) => section !== 'pixels')
      .map(([section, value]) => `${section}: ${JSON.stringify(value)}`)
      .join('\n')}
pixels:
  - &shop { pixelId: '1', accessToken: a, defaultCurrency: eur }
  - { <<: *shop, pixelId: '2' }
`;
    const { pixels } = await folder.load(yaml);
    expect(pixels.map((pixel) => [pixel.pixelId, pixel.defaultCurrency])).toEqual([
      ['1', 'EUR'],
      ['2', 'EUR'],
    ]);
  });

  test('may switch sealing off, by name alone', async () => {
    expect((await folder.load({ ...MINIMAL, sealing: 'off' })).sealing).toBeNull();
    const { sealing: _, ...silent } = MINIMAL;
    await expect(folder.load(silent)).rejects.toThrow('sealing: is missing');
  });

  test.each([
    ['base64', KEY],
    ['base64 without its end', KEY.replace('=', '')],
    ['base64url', Buffer.alloc(32, 0xfb).toString('base64url')],
    ['hexadecimal', 'AB'.repeat(32)],
  ])('takes keys in %s', async (_, key) => {
    const sealing = { currentKey: 'k', keys: [{ id: 'k', key }] };
    expect((await folder.load({ ...MINIMAL, sealing })).sealing?.keys[0]?.key).toHaveLength(32);
  });
});

describe('the environment', () => {
  test('overrides, and fills in what is missing', async () => {
    const env = { KAFKA_BROKERS: 'x:1, y:2', REDIS_URL: 'redis://r', GRAPH_API_URL: 'https://g' };
    const { redis: _, ...rest } = MINIMAL;
    const { kafka, redis, graphApi } = await folder.load(rest, env);
    expect([kafka.brokers, redis.url, graphApi.url]).toEqual([
      ['x:1', 'y:2'],
      'redis://r',
      'https://g',
    ]);
  });

  test('stands where a value names it, and nowhere else', async () => {
    const pixels = [{ pixelId: '1', accessToken: `a-${ref('SUFFIX')}-$${ref('SUFFIX')}-$SUFFIX` }];
    const loaded = await folder.load({ ...MINIMAL, pixels }, { SUFFIX: ref('b') });
    expect(loaded.pixels[0]?.accessToken).toBe(`a-${ref('b')}-${ref('SUFFIX')}-$SUFFIX`);
  });

  test('becomes what is wanted in its place', async () => {
    const { kafka, ingest, worker, pixels } = await folder.load(
      {
        ...withPixel({ pixelId: ref('PIXEL'), hashExternalId: ref('NO') }),
        kafka: { brokers: ref('BROKERS'), topics: [ref('TOPIC')], ssl: ref('NO') },
        ingest: { port: ref('PORT'), backpressure: { pauseAtMemoryRatio: ref('RATIO') } },
        worker: { gzip: ref('YES') },
      },
      {
        ...{ PIXEL: '123', NO: 'false', YES: 'true', PORT: '0', RATIO: '0.9' },
        ...{ BROKERS: 'x:1,y:2', TOPIC: 'a,b' },
      },
    );
    expect({ brokers: kafka.brokers, topics: kafka.topics, ssl: kafka.ssl }).toEqual({
      brokers: ['x:1', 'y:2'],
      topics: ['a,b'],
      ssl: false,
    });
    expect([ingest.port, ingest.backpressure.pauseAtMemoryRatio]).toEqual([0, 0.9]);
    expect([worker.gzip, pixels[0]?.pixelId, pixels[0]?.hashExternalId]).toEqual([
      true,
      '123',
      false,
    ]);
  });
});

describe('secrets', () => {
  test('come from files beside the configuration, without the line break at their end', async () => {
    await folder.write('token', 'from-a-file\n');
    await folder.write('key', `${KEY}\r\n`);
    await folder.write('password', 'with blanks in it\n');
    await folder.write('ca.pem', `${CERTIFICATE}\n`);
    const sasl = { mechanism: 'plain', username: 'u', passwordFile: 'password' };
    const loaded = await folder.load({
      ...MINIMAL,
      kafka: { ...MINIMAL.kafka, sasl, ssl: { caFile: './ca.pem' } },
      sealing: { currentKey: 'k', keys: [{ id: 'k', keyFile: './key' }] },
      pixels: [{ pixelId: '1', accessTokenFile: './token' }],
    });
    expect(loaded.pixels[0]?.accessToken).toBe('from-a-file');
    expect(loaded.kafka.sasl).toEqual({
      mechanism: 'plain',
      username: 'u',
      password: 'with blanks in it',
    });
    expect(loaded.kafka.ssl).toEqual({ ca: CERTIFICATE, rejectUnauthorized: true });
    expect(loaded.sealing?.keys[0]?.key).toHaveLength(32);
    expect(new Set(loaded.files)).toEqual(
      new Set(
        ['c.yaml', 'token', 'key', 'password', 'ca.pem'].map((name) => join(folder.path, name)),
      ),
    );
  });
});

test('the sample of the repository works', async () => {
  const sample = inRepository('deploy/capi-relay.sample.yaml');
  const env = { CAPI_RELAY_SEALING_KEY: KEY, CAPI_RELAY_ACCESS_TOKEN: 'token' };
  const { pixels } = await loadConfiguration(sample, env);
  expect(pixels[0]).toMatchObject({ accessToken: 'token', defaultCountry: 'DE' });
});

describe('a section with the name of an earlier release', () => {
  test('is read under its new one, and named', async () => {
    const loaded = await folder.load({ ...MINIMAL, console: { port: 9000 } });
    expect(loaded.control.port).toBe(9000);
    expect(loaded.renamed).toEqual([{ from: 'console', to: 'control' }]);
    expect((await folder.load({ ...MINIMAL, control: {} })).renamed).toEqual([]);
  });

  test('keeps its line in problems', async () => {
    const text = JSON.stringify({ ...MINIMAL, console: { port: -1 } }, null, 2);
    const line = text.split('\n').findIndex((each) => each.includes('"port"')) + 1;
    const { problems } = await folder.refusal(text);
    expect(problems).toMatchObject([{ path: 'control.port', line }]);
  });

  test('beside the new one is refused', async () => {
    const { problems } = await folder.refusal({ ...MINIMAL, console: {}, control: {} });
    expect(problems).toMatchObject([{ path: 'console', message: 'is an unknown key' }]);
  });
});
