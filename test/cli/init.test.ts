import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { configurationText, variablesOf } from '#cli/init/platforms/configuration-text.ts';
import type { ImportResult } from '#cli/init/platforms/import-result.ts';
import { importFromRudderstack } from '#cli/init/platforms/rudderstack.ts';
import { importFromSegment } from '#cli/init/platforms/segment.ts';
import { readTrigger } from '#cli/init/platforms/trigger.ts';
import { loadConfiguration } from '#config/load.ts';
import { createRouter } from '#core/event/routing.ts';
import { commandAlone } from '#test/support/command-alone.ts';
import { inRepository } from '#test/support/in-repository.ts';

/** What a configuration file would fill in. */
const REFERENCE = `\${HOME}`;

const TOKEN = 'EAAB-token-that-must-not-appear-anywhere';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-init-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** The pixels of the written file, as every command loads them. */
async function loaded(result: ImportResult) {
  const file = join(folder, 'written.yaml');
  const text = configurationText('test', result.pixels, result.skipped);
  await writeFile(file, text);
  const values: Readonly<Record<string, string>> = {
    KAFKA_BROKERS: 'kafka-1:9092,kafka-2:9092',
    REDIS_URL: 'redis://redis-1:6379',
    CAPI_RELAY_SEALING_KEY: Buffer.alloc(32, 7).toString('base64'),
  };
  const env = Object.fromEntries(
    variablesOf(result.pixels).map(({ name }) => [name, values[name] ?? `token-of-${name}`]),
  );
  const { pixels } = await loadConfiguration(file, env);
  return { text, pixels };
}

function dropped({ pixels }: ImportResult): string[] {
  return pixels.flatMap(({ notCarried }) => notCarried.map(({ key }) => key));
}

const classic = (settings: object, more = {}) => ({
  id: 'd1',
  name: 'Meta',
  enabled: true,
  metadata: { slug: 'facebook-conversions-api', name: 'Facebook Conversions API' },
  settings: { pixelId: '111', ...settings },
  ...more,
});

const actions = (settings = {}) => ({
  id: 'd2',
  name: 'Meta (Actions)',
  enabled: true,
  metadata: { slug: 'actions-facebook-conversions-api' },
  settings: { pixelId: '222', ...settings },
});

const subscription = (actionSlug: string, trigger: string, settings = {}, more = {}) => ({
  name: actionSlug,
  actionId: 'a',
  actionSlug,
  destinationId: 'd2',
  enabled: true,
  trigger,
  settings,
  ...more,
});

describe("Segment's classic destination", () => {
  test('becomes a pixel that loads', async () => {
    const result = importFromSegment([
      {
        data: {
          destination: classic({
            standardEvents: { 'Newsletter Subscribed': 'Subscribe', [REFERENCE]: 'Lead' },
            externalIdProp: 'properties.externalId',
            valueIdentifier: 'value',
            limitedDataUse: true,
            contentTypes: { boots: 'product' },
            accessToken: TOKEN,
            newSetting: 'x',
          }),
        },
      },
    ]);
    const { pixels, text } = await loaded(result);
    expect(pixels).toMatchObject([
      {
        pixelId: '111',
        accessToken: 'token-of-CAPI_RELAY_ACCESS_TOKEN_111',
        eventMappings: { 'Newsletter Subscribed': 'Subscribe', [REFERENCE]: 'Lead' },
        alternativeExternalIdField: 'properties.externalId',
        valueFieldIdentifier: 'value',
        useLimitedDataUse: true,
      },
    ]);
    expect(dropped(result)).toEqual(['contentTypes', 'accessToken', 'newSetting']);
    expect(text + JSON.stringify(result)).not.toContain(TOKEN);
  });

  test('settings alone, and mappings as a list', async () => {
    const standardEvents = [{ key: 'Quote', value: 'Lead' }];
    const { pixels } = await loaded(importFromSegment([{ pixelId: '111', standardEvents }]));
    expect(pixels).toMatchObject([{ pixelId: '111', eventMappings: { Quote: 'Lead' } }]);
  });

  test('a text that looks like a reference is itself', async () => {
    const result = importFromSegment([classic({ externalIdProp: `properties.${REFERENCE}` })]);
    const { pixels } = await loaded(result);
    expect(pixels[0]?.alternativeExternalIdField).toBe(`properties.${REFERENCE}`);
  });

  test('what our schema refuses is left out, and named', async () => {
    const result = importFromSegment([classic({ standardEvents: { A: 'x'.repeat(51) } })]);
    expect(dropped(result)).toEqual(['standardEvents']);
    expect((await loaded(result)).pixels).toMatchObject([{ eventMappings: {} }]);
  });

  test.each<[string, object]>([
    ['is not a destination for the Conversions API', { metadata: { slug: 'facebook-pixel' } }],
    ['is disabled', { enabled: false }],
    ['has no pixel ID of digits in pixelId', { settings: { pixelId: 'abc' } }],
    ['has no pixel ID of digits in pixelId', { settings: {} }],
  ])('%s', (why, more) => {
    const result = importFromSegment([classic({}, more)]);
    expect(result).toEqual({ pixels: [], skipped: [{ key: 'Meta', why }] });
  });

  test('a pixel is carried over once', () => {
    const result = importFromSegment([classic({}), classic({})]);
    expect(result.pixels).toHaveLength(1);
    expect(result.skipped).toEqual([{ key: 'Meta', why: 'pixel 111 was carried over already' }]);
  });

  test('its name becomes that of the pixel, once', async () => {
    const name = `EU ${REFERENCE}`;
    const second = classic({ pixelId: '112' }, { name });
    const { pixels } = await loaded(importFromSegment([classic({}, { name }), second]));
    expect(pixels.map((pixel) => pixel['name'])).toEqual([name, undefined]);
  });

  test('a name cannot break out of its comment', async () => {
    const name = 'Meta\n  - pixelId: "666"\n    accessToken: x\u2028y';
    const { pixels } = await loaded(importFromSegment([classic({}, { name })]));
    expect(pixels.map(({ pixelId }) => pixelId)).toEqual(['111']);
  });
});

describe("Segment's destination of actions", () => {
  const track = (event: string) => `type = "track" and event = "${event}"`;

  test('sends the events of its subscriptions, and no others', async () => {
    const result = importFromSegment([
      { data: { destination: actions({ testEventCode: 'TEST1' }) } },
      {
        data: {
          subscriptions: [
            subscription('purchase2', track('Order Completed'), { action_source: 'website' }),
            subscription('custom', `${track('Trial Started')} or event = "Trial Begun"`, {
              event_name: 'StartTrial',
              action_source: 'website',
              data_processing_options: true,
            }),
            subscription('custom', track('Checkout Started'), {
              event_name: { '@path': '$.event' },
            }),
          ],
        },
      },
    ]);
    expect((await loaded(result)).pixels).toMatchObject([
      {
        testEventCode: 'TEST1',
        defaultActionSource: 'website',
        useLimitedDataUse: true,
        eventMappings: {
          'Trial Started': 'StartTrial',
          'Trial Begun': 'StartTrial',
          'Checkout Started': 'Checkout Started',
        },
        events: {
          where: { event: ['Order Completed', 'Trial Started', 'Trial Begun', 'Checkout Started'] },
        },
      },
    ]);
    expect(dropped(result)).toEqual([]);
  });

  test('page calls become PageView, and every Track event stays one', async () => {
    const result = importFromSegment([
      actions(),
      subscription('pageView', 'type = "page"'),
      subscription('custom', 'type = "track"'),
    ]);
    const { pixels } = await loaded(result);
    expect(pixels[0]?.sendPageViews).toBe(true);
    expect(pixels[0]?.events).toEqual({});
  });

  test('page calls beside some Track events', async () => {
    const result = importFromSegment([
      actions(),
      subscription('pageView', 'type = "page"'),
      subscription('purchase', track('Order Completed')),
    ]);
    const { pixels } = await loaded(result);
    const route = createRouter(pixels);
    const selects = (event: object) => route(null, event).length === 1;
    expect(selects({ type: 'page' })).toBe(true);
    expect(selects({ type: 'track', event: 'Order Completed' })).toBe(true);
    expect(selects({ type: 'track', event: 'Product Added' })).toBe(false);
    expect(dropped(result)).toEqual([]);
  });

  test('names what it cannot carry over', () => {
    const result = importFromSegment([
      actions(),
      subscription('purchase', `${track('A')} and properties.total = "1"`),
      subscription('addToCart', track('B'), { user_data: { email: {} }, action_source: 'app' }),
      subscription('viewContent', track('B'), { action_source: 'website' }),
      subscription('search', track('C'), {}, { enabled: false }),
      subscription('custom', track('D'), { event_name: { '@path': '$.properties.name' } }),
      subscription('purchase', 'type = "track"'),
      subscription('purchase', track('E'), {}, { destinationId: 'another' }),
    ]);
    const [pixel] = result.pixels;
    expect(pixel?.notCarried.map(({ key, why }) => `${key}: ${why}`)).toEqual([
      'subscription purchase: its trigger asks for more than type and event',
      'subscription search: is disabled',
      'subscription custom: its event name is not a text or the name of the Track event',
      'subscription viewContent: one Track event becomes one event: AddToCart',
      'subscription purchase: sends every Track event as Purchase',
      'action_source: differs between subscriptions, or is read from the event',
      'subscription addToCart: its fields follow docs/mapping.md; the setting fields changes single ones: user_data',
    ]);
    expect(pixel?.settings['events']).toEqual({ where: { event: ['B'] } });
  });

  test('without subscriptions it asks for them', () => {
    expect(dropped(importFromSegment([actions()]))).toEqual(['subscriptions']);
  });
});

describe('a trigger', () => {
  test.each([
    ['event = "A"', { events: ['A'], everyTrack: false, pages: false }],
    ['type="track" AND event="A"', { events: ['A'], everyTrack: false, pages: false }],
    ['type = "track"', { events: [], everyTrack: true, pages: false }],
    ['type = "page" or type = "screen"', { events: [], everyTrack: false, pages: true }],
    [
      'type = "track" and (event = "A" or (event = "B" or event = "A"))',
      { events: ['A', 'B'], everyTrack: false, pages: false },
    ],
    ['event = "A" and event = "B"', { events: [], everyTrack: false, pages: false }],
    ['event != "A"', null],
    ['event = "A', null],
    ['event = "A" event = "B"', null],
    ['(event = "A"', null],
    ['properties.total = "1"', null],
    ['type = "track" and', null],
    ['', null],
    ['('.repeat(2000), null],
    ['('.repeat(100_000), null],
  ])('%s', (text, expected) => expect(readTrigger(text)).toEqual(expected));
});

const rudderstack = (config: object, more = {}) => ({
  name: 'Meta',
  type: 'FACEBOOK_CONVERSIONS',
  enabled: true,
  config: { datasetId: '333', accessToken: TOKEN, ...config },
  ...more,
});

describe("RudderStack's destination", () => {
  test('becomes a pixel that loads', async () => {
    const consents = [{ consent: 'C0004' }, { consent: '' }];
    const result = importFromRudderstack([
      {
        destination: rudderstack({
          eventsToEvents: [
            { from: 'Quote', to: 'Lead' },
            { from: '', to: '' },
            { from: 'payment info entered', to: 'Lead' },
          ],
          actionSource: 'app',
          blacklistPiiProperties: [
            { blacklistPiiProperties: 'phone', blacklistPiiHash: true },
            { blacklistPiiProperties: 'ssn', blacklistPiiHash: false },
          ],
          whitelistPiiProperties: [{ whitelistPiiProperties: 'city' }],
          testDestination: true,
          testEventCode: 'TEST1',
          limitedDataUSage: true,
          removeExternalId: true,
          eventFilteringOption: 'whitelistedEvents',
          whitelistedEvents: [{ eventName: 'Quote' }],
          blacklistedEvents: [{ eventName: '' }],
          connectionMode: { web: 'cloud' },
          consentManagement: {
            web: [{ provider: 'custom', resolutionStrategy: 'or', consents }],
            cloud: [{ provider: 'custom', resolutionStrategy: 'or', consents }],
          },
        }),
      },
    ]);
    const { pixels, text } = await loaded(result);
    expect(pixels).toMatchObject([
      {
        pixelId: '333',
        sendPageViews: true,
        defaultActionSource: 'app',
        testEventCode: 'TEST1',
        useLimitedDataUse: true,
        eventMappings: {
          Quote: 'Lead',
          'payment info entered': 'Lead',
          'Product Added to Wishlist': 'AddToWishlist',
        },
        customDataHashList: ['phone'],
        customDataDenyList: ['ssn'],
        customDataAllowList: ['city'],
        consent: { allOf: [], anyOf: ['C0004'], paths: ['context.consentManagement'] },
      },
    ]);
    expect(dropped(result)).toEqual(['limitedDataUSage', 'removeExternalId', 'whitelistedEvents']);
    expect(text + JSON.stringify(result)).not.toContain(TOKEN);
  });

  test.each<[string, object, object]>([
    [
      'OneTrust requires all',
      { consentManagement: [{ provider: 'oneTrust', consents: [{ consent: 'A' }] }] },
      { allOf: ['A'] },
    ],
    [
      'Ketch requires any',
      { consentManagement: [{ provider: 'ketch', consents: [{ consent: 'A' }] }] },
      { anyOf: ['A'] },
    ],
    [
      'groups that differ require all of both',
      {
        consentManagement: {
          web: [{ provider: 'ketch', consents: [{ consent: 'A' }] }],
          ios: [{ provider: 'oneTrust', consents: [{ consent: 'B' }] }],
        },
      },
      { allOf: ['A', 'B'] },
    ],
    [
      'the older categories of OneTrust',
      { oneTrustCookieCategories: { web: [{ oneTrustCookieCategory: 'A' }] } },
      { allOf: ['A'] },
    ],
    [
      'the older purposes of Ketch',
      { ketchConsentPurposes: [{ purpose: 'A' }, { purpose: 'B' }] },
      { anyOf: ['A', 'B'] },
    ],
  ])('%s', async (_case, config, consent) => {
    const { pixels } = await loaded(importFromRudderstack([rudderstack(config)]));
    expect(pixels[0]?.consent).toMatchObject(consent);
  });

  test('of a workspace, and a configuration alone', async () => {
    const workspace = {
      sources: [
        {
          destinations: [
            {
              name: 'Meta',
              destinationDefinition: { name: 'FACEBOOK_CONVERSIONS' },
              enabled: true,
              config: { datasetId: '333' },
            },
            { name: 'GA', destinationDefinition: { name: 'GA4' }, config: {} },
          ],
        },
      ],
    };
    const result = importFromRudderstack([workspace, { datasetId: '444' }]);
    expect((await loaded(result)).pixels.map(({ pixelId }) => pixelId)).toEqual(['333', '444']);
    expect(result.skipped).toEqual([
      { key: 'GA', why: 'is not a Facebook Conversions destination' },
    ]);
  });

  test('an id that comes from its environment is no pixel', () => {
    const result = importFromRudderstack([rudderstack({ datasetId: 'env.PIXEL' })]);
    expect(result.pixels).toEqual([]);
  });
});

describe('hostile files', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`);

  test.each<[string, unknown]>([
    ['nothing', null],
    ['a text', 'x'],
    ['deep', deep],
    ['prototypes', JSON.parse('{"__proto__":{"name":"1"},"constructor":{"config":{}}}')],
    ['wrong types', { settings: { pixelId: {} }, metadata: {}, config: [], type: 1, trigger: '' }],
  ])('%s', (_case, file) => {
    expect(importFromSegment([file]).pixels).toEqual([]);
    expect(importFromRudderstack([file]).pixels).toEqual([]);
  });

  test('names that every object has are settings like others', () => {
    const odd = { constructor: 'x', toString: 'y' };
    expect(dropped(importFromSegment([classic(odd)]))).toEqual(['constructor', 'toString']);
    expect(dropped(importFromRudderstack([rudderstack(odd)]))).toEqual(['constructor', 'toString']);
    const result = importFromSegment([actions(), subscription('constructor', 'event = "A"', odd)]);
    expect(result.pixels[0]?.notCarried).toEqual([
      {
        key: 'subscription constructor',
        why: 'its event name is not a text or the name of the Track event',
      },
    ]);
    const why = importFromSegment([classic(odd)]).pixels[0]?.notCarried[0]?.why;
    expect(why).toBe('there is no setting for it');
  });

  test('a mapping under the name of a prototype is harmless', async () => {
    const settings = JSON.parse('{"pixelId":"1","standardEvents":{"__proto__":"Lead","A":"Lead"}}');
    expect((await loaded(importFromSegment([settings]))).pixels[0]?.pixelId).toBe('1');
  });
});

describe('the command', () => {
  function run(args: readonly string[]) {
    const entry = inRepository('services/cli/init/main.ts');
    return commandAlone(process.execPath, [entry, ...args], { cwd: folder });
  }

  test('writes once, says what to set, and overwrites only with --force', async () => {
    await writeFile(join(folder, 'd.json'), JSON.stringify(rudderstack({})));
    const args = ['--from', 'rudderstack', 'd.json', '--out', 'new.yaml'];
    const first = await run(args);
    expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: '' });
    expect(first.out).toContain('CAPI_RELAY_ACCESS_TOKEN_333');
    expect(first.out).toContain('capi-relay check --config new.yaml');
    const written = await readFile(join(folder, 'new.yaml'), 'utf8');
    expect(first.out + written).not.toContain(TOKEN);

    await writeFile(join(folder, 'new.yaml'), 'mine');
    const second = await run(args);
    expect({ code: second.code, err: second.err }).toEqual({
      code: 2,
      err: expect.stringContaining('--force'),
    });
    expect(await readFile(join(folder, 'new.yaml'), 'utf8')).toBe('mine');
    const third = await run([...args, '--force', '--json']);
    expect(third.code).toBe(0);
    expect(JSON.parse(third.out)).toMatchObject({
      file: 'new.yaml',
      pixels: [{ pixelId: '333' }],
      variables: expect.arrayContaining(['CAPI_RELAY_ACCESS_TOKEN_333']),
    });
    expect(await readFile(join(folder, 'new.yaml'), 'utf8')).toBe(written);
  });

  test('a token in a file that is not JSON is not repeated', async () => {
    await writeFile(join(folder, 'broken.json'), `{"accessToken":"${TOKEN}"`);
    const { code, out, err } = await run(['--from', 'segment', 'broken.json']);
    expect(code).toBe(2);
    expect(err).toContain('broken.json is not JSON');
    expect(out + err).not.toContain(TOKEN);
  });

  test.each<[string, string[], number, string]>([
    ['no platform', ['d.json'], 2, '--from segment'],
    ['no file', ['--from', 'segment'], 2, 'name the JSON files'],
    ['an unknown platform', ['--from', 'jitsu', 'd.json'], 2, 'segment'],
    ['a file that is not there', ['--from', 'segment', 'nowhere.json'], 2, 'ENOENT'],
    ['another platform', ['--from', 'segment', 'd.json'], 2, 'no pixel in these files'],
    [
      'a folder that is not there',
      ['--from', 'rudderstack', 'd.json', '--out', 'nowhere/x.yaml'],
      1,
      'cannot be written (ENOENT)',
    ],
  ])('%s', async (_case, args, code, message) => {
    await writeFile(join(folder, 'd.json'), JSON.stringify(rudderstack({})));
    const result = await run(args);
    expect({ code: result.code, err: result.err }).toEqual({
      code,
      err: expect.stringContaining(message),
    });
  });
});
