import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { defaultFile } from '#config/default-file.ts';
import { loadConfiguration } from '#config/load.ts';
import { bareEnvironment } from '#test/support/bare-environment.ts';
import { inRepository } from '#test/support/in-repository.ts';
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

const kafka = (extra: object) => ({ ...MINIMAL, kafka: { ...MINIMAL.kafka, ...extra } });
const sealing = (currentKey: string, ...keys: object[]) => ({
  ...MINIMAL,
  sealing: { currentKey, keys },
});
const [PIXEL] = MINIMAL.pixels;

type Case = [name: string, content: unknown, path: string, message: string, fix: string];

const NAME_FIX = 'shorten it, and write it without line breaks and without spaces at its ends';
const NAME_PROBLEM = 'must have 1 to 40 printable characters, and not only digits';

const SHAPE: Case[] = [
  ['a long name', withPixel({ name: 'x'.repeat(41) }), 'pixels[0].name', NAME_PROBLEM, NAME_FIX],
  ['a name like an ID', withPixel({ name: '123' }), 'pixels[0].name', NAME_PROBLEM, NAME_FIX],
  [
    'two pixels of one name',
    {
      ...MINIMAL,
      pixels: [
        { ...PIXEL, name: 'EU' },
        { ...PIXEL, pixelId: '77', name: 'EU' },
      ],
    },
    'pixels[1].name',
    'is a duplicate',
    'give each pixel a name of its own',
  ],
  [
    'series of a pixel that is not there',
    { ...MINIMAL, metrics: { detailedPixels: ['404'] } },
    'metrics.detailedPixels[0]',
    'is no pixel of the configuration',
    'name a pixelId of pixels',
  ],
  [
    'series of some pixels',
    { ...MINIMAL, metrics: { detailedPixels: 'some' } },
    'metrics.detailedPixels',
    'must be all, or none, or a list',
    '',
  ],
  [
    'a shadow that gets live events',
    withPixel({ shadow: { pixelId: PIXEL?.pixelId, accessToken: 'x' } }),
    'pixels[0].shadow.pixelId',
    'gets live events',
    'use a dataset for tests alone',
  ],
  [
    'a thousand rules of one pixel',
    withPixel({
      eventRules: Array.from({ length: 1000 }, (_, n) => ({
        when: { path: 'properties.n', equals: n },
        eventName: `Rule ${n}`,
      })),
    }),
    'pixels[0].eventRules',
    'is too long',
    'use at most 100 item(s)',
  ],
  [
    'the last of a hundred rules',
    withPixel({
      eventRules: Array.from({ length: 100 }, (_, n) => ({
        when: { any: [{ path: 'event', matches: n === 99 ? '(a+)+(?=b)' : '(a+)+$' }] },
        eventName: `Rule ${n}`,
      })),
    }),
    'pixels[0].eventRules[99].when.any[0].matches',
    'has a group that is not supported, such as lookahead',
    'use ( ) or (?: )',
  ],
  [
    'a shadow without a token',
    withPixel({ shadow: { pixelId: '77' } }),
    'pixels[0].shadow.accessToken',
    'is missing',
    'set accessToken or accessTokenFile',
  ],
  [
    'a canary of the same version',
    { ...MINIMAL, graphApi: { version: 'v27.0', canary: { version: 'v27.0' } } },
    'graphApi.canary.version',
    'is graphApi.version too',
    'name another version, or remove graphApi.canary',
  ],
  [
    'a canary of an unknown pixel',
    { ...MINIMAL, graphApi: { canary: { version: 'v26.0', pixels: ['77'] } } },
    'graphApi.canary.pixels[0]',
    'is no pixel of the configuration',
    'name a pixelId of pixels',
  ],
  ['an unknown key', { ...MINIMAL, ingestt: {} }, 'ingestt', 'unknown key', 'did you mean ingest?'],
  [
    'an unknown key of a pixel',
    withPixel({ acessTokn: 'x' }),
    'pixels[0].acessTokn',
    'unknown key',
    'did you mean accessToken?',
  ],
  [
    'an unknown key of one of two forms',
    sealing('k', { id: 'k', ky: KEY }),
    'sealing.keys[0].ky',
    'unknown key',
    'did you mean key?',
  ],
  [
    'a key unlike any',
    { ...MINIMAL, log: { destination: 'x' } },
    'log.destination',
    'unknown key',
    'remove it; the known keys are level',
  ],
  [
    'a wrong type',
    { ...MINIMAL, worker: { port: 'x' } },
    'worker.port',
    'must be a number',
    'write a number, such as 9102',
  ],
  ['half a number', { ...MINIMAL, worker: { port: 1.5 } }, 'worker.port', 'integer', '9102'],
  ['a pixel id without quotes', withPixel({ pixelId: 1 }), 'pixels[0].pixelId', 'string', 'quotes'],
  ['a pixel id with letters', withPixel({ pixelId: 'x' }), 'pixels[0].pixelId', 'id', 'digits'],
  ['none of the forms', kafka({ ssl: 'yes' }), 'kafka.ssl', 'true or false, or a mapping', 'write'],
  [
    'a value out of a list',
    withPixel({ defaultActionSource: 'web' }),
    'pixels[0].defaultActionSource',
    'not an allowed value',
    'website',
  ],
  [
    'no such currency',
    withPixel({ defaultCurrency: 'EURO' }),
    'pixels[0].defaultCurrency',
    'ISO 4217',
    'USD',
  ],
  [
    'no such country',
    withPixel({ defaultCountry: 'XQ' }),
    'pixels[0].defaultCountry',
    'ISO 3166-1',
    'US',
  ],
  [
    'an option that Meta does not know',
    withPixel({ dataProcessingOptions: ['ldu'] }),
    'pixels[0].dataProcessingOptions[0]',
    'not an option',
    '["LDU"]',
  ],
  [
    'a name that Meta refuses',
    withPixel({ eventMappings: { 'Order Completed': 'x'.repeat(51) } }),
    'pixels[0].eventMappings.Order Completed',
    'too long',
    'at most 50',
  ],
  [
    'a condition with an unknown key',
    withPixel({ events: { allow: { path: 'event', equal: 'x' } } }),
    'pixels[0].events.allow.equal',
    'unknown key',
    'equals',
  ],
  [
    'a condition without a path, below others',
    withPixel({ events: { deny: { any: [{ not: { equals: 'x' } }] } } }),
    'pixels[0].events.deny.any[0].not.path',
    'is missing',
    'add it',
  ],
  [
    'a regular expression that is none',
    withPixel({ events: { deny: { path: 'event', matches: '(a+)+\\b' } } }),
    'pixels[0].events.deny.matches',
    'not supported',
    'backslash',
  ],
  [
    'a regular expression that needs too many states',
    withPixel({ events: { deny: { path: 'event', matches: '(a|b)*a(a|b){20}$' } } }),
    'pixels[0].events.deny.matches',
    'too complex',
    'repeat fewer times',
  ],
  [
    'a rule without a name',
    withPixel({ eventRules: [{ when: { path: 'event', exists: true } }] }),
    'pixels[0].eventRules[0].eventName',
    'is missing',
    'add it',
  ],
  [
    'a rule without a condition',
    withPixel({ eventRules: [{ eventName: 'Lead' }] }),
    'pixels[0].eventRules[0].when',
    'is missing',
    'add it: the condition',
  ],
  [
    'a rule with a name that Meta refuses',
    withPixel({
      eventRules: [{ when: { path: 'event', exists: true }, eventName: 'x'.repeat(51) }],
    }),
    'pixels[0].eventRules[0].eventName',
    'too long',
    'at most 50',
  ],
  [
    'a rule with a test event code that no record can carry',
    withPixel({
      eventRules: [{ when: { path: 'event', exists: true }, instead: true, testEventCode: 'A,B' }],
    }),
    'pixels[0].eventRules[0].testEventCode',
    'is not a test event code',
    'Test Events page',
  ],
  [
    'a rule with an e-mail address in its name',
    withPixel({
      eventRules: [{ when: { path: 'event', exists: true }, eventName: 'Lead of a@b.co' }],
    }),
    'pixels[0].eventRules[0].eventName',
    'holds an e-mail address',
    'write a name without',
  ],
  ['a missing section', { ...MINIMAL, kafka: undefined }, 'kafka.topics', 'missing', 'add it'],
  [
    'a missing key that the environment may give',
    { ...MINIMAL, redis: {} },
    'redis.url',
    'is missing',
    'or set REDIS_URL',
  ],
  ['no pixels', { ...MINIMAL, pixels: [] }, 'pixels', 'is empty', 'at least 1'],
  [
    'larger batches than Meta takes',
    { ...MINIMAL, worker: { batch: { maxEvents: 2000 } } },
    'worker.batch.maxEvents',
    'too large',
    'at most 1000',
  ],
  [
    'a broker without port',
    kafka({ brokers: ['localhost'] }),
    'kafka.brokers[0]',
    'host:port',
    '127.0.0.1:9092',
  ],
  ['a topic twice', kafka({ topics: ['a', 'a'] }), 'kafka.topics', 'duplicates', 'once'],
  [
    'a URL of another kind',
    { ...MINIMAL, redis: { url: 'http://x' } },
    'redis.url',
    'URL',
    'redis',
  ],
  ['what is not YAML', 'kafka: [\nredis: }', 'line 2', 'is not valid YAML', 'fix this line'],
  [
    'a reference in braces',
    `redis: { url: ${ref('X')}/0 }`,
    'line 1',
    'is not valid YAML',
    'quote',
  ],
  ['an empty file', '', 'sealing', 'is missing', 'add it'],
  ['a list', '- kafka', 'the file', 'mapping', 'write'],
];

const SECRETS: Case[] = [
  [
    'a variable that is not set',
    withPixel({ accessToken: ref('NOPE') }),
    'pixels[0].accessToken',
    'the environment variable NOPE is not set',
    'export NOPE=…',
  ],
  [
    'no token',
    withPixel({ accessToken: undefined }),
    'pixels[0].accessToken',
    'is missing',
    'set accessToken or accessTokenFile',
  ],
  [
    'two tokens',
    withPixel({ accessTokenFile: 'x' }),
    'pixels[0].accessToken',
    'is given twice',
    'keep accessToken or accessTokenFile',
  ],
  [
    'a token that no header can carry',
    withPixel({ accessToken: 'two\nlines' }),
    'pixels[0].accessToken',
    'line breaks',
    'copy the token again',
  ],
  [
    'a file that is not there',
    sealing('k', { id: 'k', keyFile: './gone' }),
    'sealing.keys[0].keyFile',
    'does not exist',
    'name a file',
  ],
  [
    'a key of the wrong length',
    sealing('k', { id: 'k', key: 'c2hvcnQ=' }),
    'sealing.keys[0].key',
    'must be 32 bytes',
    'openssl rand -base64 32',
  ],
  [
    'a key that is no base64',
    sealing('k', { id: 'k', key: `${KEY}, ${KEY}` }),
    'sealing.keys[0].key',
    'must be 32 bytes',
    'openssl',
  ],
  [
    'a user without a password',
    { ...MINIMAL, control: { users: [{ name: 'ada' }] } },
    'control.users[0].password',
    'is missing',
    'passwordFile',
  ],
];

const SHORT: Case[] = [
  [
    'a token for scrapers that can be guessed',
    { ...MINIMAL, metrics: { token: 'short' } },
    'metrics.token',
    'has fewer than 12 characters',
    'openssl rand',
  ],
  [
    'a token for scrapers that no header can carry',
    { ...MINIMAL, metrics: { token: 'a token with blanks' } },
    'metrics.token',
    'contains spaces',
    'copy the token',
  ],
];

const CLEAR_TEXT: Case[] = [
  [
    'a password that can be guessed',
    { ...MINIMAL, control: { users: [{ name: 'ada', password: 'x' }] } },
    'control.users[0].password',
    'has fewer than 12 characters',
    'openssl rand',
  ],
  [
    'a password that is a broken hash',
    { ...MINIMAL, control: { users: [{ name: 'ada', password: 'scrypt:32768:8:1:AAAA' }] } },
    'control.users[0].password',
    'starts like a hash',
    'capi-relay hash-password',
  ],
  ...['10.0.0.0/33', 'proxy.example', '::1/129', '10.0.0.1/', '10.0.0.0/8/8'].map(
    (network): Case => [
      `the trusted proxy ${network}`,
      { ...MINIMAL, control: { trustedProxies: ['10.0.0.1', 'fd00::/8', network] } },
      'control.trustedProxies[2]',
      'must be an address or a network',
      '10.0.0.0/8',
    ],
  ),
  ...['http://graph.facebook.com', 'HTTP://10.0.0.1:9200', 'http://127.0.0.1.example'].map(
    (url): Case => [
      `${url} for Meta`,
      { ...MINIMAL, graphApi: { url } },
      'graphApi.url',
      /^http:/.test(url) ? 'in plain text to another machine' : 'must be a URL',
      'https://',
    ],
  ),
  ...['0.0.0.0', '::', '10.0.0.5', 'control.example'].map(
    (host): Case => [
      `control with users on ${host}`,
      { ...MINIMAL, control: { host, users: [{ name: 'ada', password: 'a-long-password' }] } },
      'control.host',
      'accepts passwords in plain text',
      'control.behindTlsProxy',
    ],
  ),
];

test.each([
  ['http://127.0.0.1:9200', {}],
  ['http://localhost:9200', {}],
  ['http://[::1]:9200', {}],
  ['https://graph.facebook.com', {}],
  ['https://graph.facebook.com', { host: '0.0.0.0', behindTlsProxy: true }],
  ['https://graph.facebook.com', { host: '::1' }],
])('%s with control %j is fine', async (url, control) => {
  const users = [{ name: 'ada', password: 'a-long-password' }];
  const content = { ...MINIMAL, graphApi: { url }, control: { ...control, users } };
  expect((await folder.load(content)).graphApi.url).toBe(url);
});

test('what the environment overrides is held to the same', async () => {
  const { problems } = await folder.refusal(MINIMAL, { GRAPH_API_URL: 'http://graph.example' });
  expect(problems.map(({ path }) => path)).toEqual(['graphApi.url']);
});

const TOGETHER: Case[] = [
  [
    'a current key that is none',
    sealing('x', { id: 'k', key: KEY }),
    'sealing.currentKey',
    'is not the id',
    'use one of k',
  ],
  [
    'two keys of one name',
    sealing('k', { id: 'k', key: KEY }, { id: 'k', key: KEY }),
    'sealing.keys[1].id',
    'duplicate',
    'a unique id',
  ],
  [
    'the same pixel twice',
    { ...MINIMAL, pixels: [PIXEL, PIXEL] },
    'pixels[1].pixelId',
    'duplicate',
    'one entry',
  ],
  [
    'a topic that is not read',
    withPixel({ events: { topics: ['t', 'other'] } }),
    'pixels[0].events.topics',
    'other',
    'kafka.topics',
  ],
  [
    'dead letters that would be read again',
    { ...kafka({ topics: ['t', 'dead'] }), deadLetters: { topic: 'dead' } },
    'deadLetters.topic',
    'is one of kafka.topics',
    'a topic of its own',
  ],
  [
    'marks the wrong way round',
    { ...MINIMAL, ingest: { backpressure: { resumeAtEvents: 600_000 } } },
    'ingest.backpressure.resumeAtEvents',
    'must be below pauseAtEvents',
    'lower it',
  ],
  [
    'marks at the same height',
    { ...MINIMAL, ingest: { backpressure: { resumeAtMemoryRatio: 0.7 } } },
    'ingest.backpressure.resumeAtMemoryRatio',
    'must be below',
    'lower it',
  ],
  [
    'rests that begin above their cap',
    { ...MINIMAL, worker: { retry: { capMs: 10 } } },
    'worker.retry.capMs',
    'is below baseMs',
    'raise it',
  ],
  [
    'a lock that a busy worker cannot keep',
    { ...MINIMAL, worker: { lockMs: 4999 } },
    'worker.lockMs',
    'a busy worker loses its envelopes',
    'use at least 5000',
  ],
  [
    'waits for a probe that begin above their cap',
    { ...MINIMAL, worker: { breaker: { baseMs: 500, capMs: 100 } } },
    'worker.breaker.capMs',
    'is below baseMs',
    'raise it',
  ],
  [
    'control open to everyone',
    { ...MINIMAL, control: { host: '0.0.0.0' } },
    'control.host',
    'accepts other machines without',
    'add control.users',
  ],
  [
    'two users of one name',
    {
      ...MINIMAL,
      control: {
        users: [
          { name: 'ada', password: 'one-long-password' },
          { name: 'ada', password: 'two-long-password' },
        ],
      },
    },
    'control.users[1].name',
    'duplicate',
    'a unique name',
  ],
];

describe('a problem has a path, a message and a fix', () => {
  test.each([...SHAPE, ...SECRETS, ...SHORT, ...CLEAR_TEXT, ...TOGETHER])(
    '%s',
    async (_, content, path, words, fix) => {
      const { problems, message } = await folder.refusal(content);
      expect(problems.map((problem) => problem.path)).toContain(path);
      const found = problems.find((problem) => problem.path === path);
      expect(found?.message).toContain(words);
      expect(found?.fix).toContain(fix);
      expect(message).not.toContain(SECRET);
      expect(message).not.toContain(KEY);
    },
  );
});

test('all of them are listed, in the order of the file, with their lines', async () => {
  const { problems, message } = await folder.refusal(`kafka:
  brokers: [localhost]
  topics: [t]
redis: { url: 'redis://r', prefx: x }
sealing:
  currentKey: other
  keys:
    - { id: k, key: c2hvcnQ= }
ingest:
  backpressure:
    resumeAtEvents: 600000
worker: { retry: { attempts: 0 } }
pixels:
  - pixelId: '1'
    accessToken: ${ref('NOPE')}
  - pixelId: '1'
    defaultCurrency: EURO
  - pixelId: '1'
`);
  expect(problems.map(({ path, line }) => [line, path])).toEqual([
    [2, 'kafka.brokers[0]'],
    [4, 'redis.prefx'],
    [6, 'sealing.currentKey'],
    [8, 'sealing.keys[0].key'],
    [11, 'ingest.backpressure.resumeAtEvents'],
    [12, 'worker.retry.attempts'],
    [15, 'pixels[0].accessToken'],
    [17, 'pixels[1].defaultCurrency'],
    [18, 'pixels[2].accessToken'],
    [18, 'pixels[2].pixelId'],
  ]);
  expect(message).toContain('has 10 problems:\n  line 2, kafka.brokers[0]: must be host:port → ');
});

test('a file name is not repeated: who mistakes the key writes the secret there', async () => {
  const { message } = await folder.refusal(
    withPixel({ accessToken: undefined, accessTokenFile: SECRET }),
  );
  expect(message).toContain('names a file that does not exist');
  expect(message).not.toContain(SECRET);
});

test.each([
  ['a file that is not there', 'gone.yaml', 'does not exist'],
  ['a folder', '.', 'cannot be read (EISDIR)'],
  ['no file at all', undefined, 'no configuration file is given → use --config'],
])('%s', async (_, name, words) => {
  const path = name === undefined ? undefined : join(folder.path, name);
  await expect(loadConfiguration(path, {})).rejects.toThrow(words);
});

describe('the file of this folder', () => {
  test.each(['capi-relay.yaml', 'capi-relay.yml', 'capi-relay.json'])('%s', async (name) => {
    const own = await ConfigurationFolder.make();
    await own.write(name, MINIMAL);
    expect(defaultFile(own.path)).toBe(name);
    await own.remove();
  });

  test('is refused where there are two, and named where it has a problem', async () => {
    const own = await ConfigurationFolder.make();
    await own.write('capi-relay.json', {});
    const status = inRepository('services/cli/status/main.ts');
    const run = spawnSync(process.execPath, [status], {
      cwd: own.path,
      env: bareEnvironment(),
      encoding: 'utf8',
    });
    expect(run.stderr).toMatch(/^error: capi-relay\.json has \d+ problems:/);
    expect(run.status).toBe(2);
    await own.write('capi-relay.yaml', MINIMAL);
    expect(() => defaultFile(own.path)).toThrow(
      'this folder has capi-relay.yaml and capi-relay.json → use --config FILE',
    );
    await own.remove();
  });
});

describe('a file that is not in UTF-8', () => {
  const text = `# “quoted”\n${JSON.stringify(MINIMAL)}`;
  const little = Buffer.from(`\ufeff${text}`, 'utf16le');

  test.each([
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${text}`)],
    ['UTF-16', little],
    ['UTF-16, the other way round', Buffer.from(little).swap16()],
  ])('%s is read', async (_, bytes) => {
    const file = join(folder.path, 'encoded.yaml');
    await writeFile(file, bytes);
    expect((await loadConfiguration(file, {})).pixels[0]?.pixelId).toBe('1');
  });

  test('UTF-16 without a mark is refused, with the fix', async () => {
    const file = join(folder.path, 'encoded.yaml');
    await writeFile(file, little.subarray(2));
    await expect(loadConfiguration(file, {})).rejects.toThrow('is no text in UTF-8 → save it');
  });
});
