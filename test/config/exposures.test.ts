import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exposuresOf, isLoopback } from '#config/exposures.ts';
import { ConfigurationFolder, MINIMAL, SECRET } from './configuration-folder.ts';

let folder: ConfigurationFolder;
beforeAll(async () => {
  folder = await ConfigurationFolder.make();
});
afterAll(() => folder.remove());

const plain = { mechanism: 'plain', username: 'u', password: SECRET };
const kafka = (extra: object) => ({ ...MINIMAL, kafka: { ...MINIMAL.kafka, ...extra } });
const redis = (url: string) => ({ ...MINIMAL, redis: { url } });

describe('what others could read or forge is named', () => {
  test.each<[string, object, string, string]>([
    ['SASL PLAIN without TLS', kafka({ sasl: plain }), 'Kafka', 'in plain text to a:1'],
    [
      'a bearer token without TLS',
      kafka({
        sasl: {
          mechanism: 'oauthbearer',
          tokenUrl: 'https://id.example',
          clientId: 'c',
          clientSecret: SECRET,
        },
      }),
      'Kafka',
      'the SASL token is sent in plain text',
    ],
    [
      'SASL PLAIN to one broker elsewhere',
      kafka({ brokers: ['127.0.0.1:1', '[::1]:2', '[2001:db8::1]:3'], sasl: plain }),
      'Kafka',
      'in plain text to [2001:db8::1]:3',
    ],
    ['any certificate', kafka({ ssl: { rejectUnauthorized: false } }), 'Kafka', 'any server'],
    ['a Redis password', redis(`redis://u:${SECRET}@r.example:6379`), 'Redis', 'to r.example'],
    [
      'a Redis password of its own key',
      { ...MINIMAL, redis: { url: 'redis://r.example', password: SECRET } },
      'Redis',
      'to r.example',
    ],
    [
      'a password of the schema registry',
      {
        ...MINIMAL,
        schemaRegistry: { urls: ['http://r.example:8081'], username: 'u', password: SECRET },
      },
      'schema registry',
      'the password is sent in plain text to r.example:8081',
    ],
    ['no sealing', { ...MINIMAL, sealing: 'off' }, 'sealing', 'readable in Redis'],
    [
      'values that are not sealed',
      { ...MINIMAL, sealing: { ...MINIMAL.sealing, acceptUnsealed: true } },
      'sealing',
      'also accepts unsealed data',
    ],
  ])('%s', async (_, content, subject, words) => {
    const exposures = exposuresOf(await folder.load(content));
    expect(exposures).toEqual([
      { subject, problem: expect.stringContaining(words), fix: expect.any(String) },
    ]);
    expect(JSON.stringify(exposures)).not.toContain(SECRET);
  });
});

describe('nothing is said of', () => {
  test.each<[string, object]>([
    ['the shortest configuration', MINIMAL],
    ['SASL PLAIN over TLS', kafka({ sasl: plain, ssl: true })],
    ['SCRAM, which sends no password', kafka({ sasl: { ...plain, mechanism: 'scram-sha-512' } })],
    ['SASL PLAIN on this machine', kafka({ brokers: ['localhost:1', '[::1]:2'], sasl: plain })],
    ['a Redis password over TLS', redis(`rediss://u:${SECRET}@r.example:6379`)],
    ['a Redis password on this machine', redis(`redis://u:${SECRET}@127.0.0.1:6379`)],
    ['a Redis elsewhere without a password', redis('redis://r.example:6379')],
  ])('%s', async (_, content) => {
    expect(exposuresOf(await folder.load(content))).toEqual([]);
  });
});

test.each([
  ['localhost', true],
  ['LOCALHOST', true],
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['[::1]', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['127.0.0.1.example', false],
  ['127.example', false],
  ['localhost.example', false],
  ['128.0.0.1', false],
  ['', false],
])('%j is this machine: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
