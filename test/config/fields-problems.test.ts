import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { editorSchema } from '#config/json-schema.ts';
import { parsePixelSettings } from '#config/load.ts';
import { FIELD_NAMES } from '#core/fields/field-table.ts';
import { ConfigurationFolder, ref, withPixel } from './configuration-folder.ts';

/** The problems of a pixel, as `path: message → fix`. */
function problemsOf(settings: object): string[] {
  const parsed = parsePixelSettings(settings);
  if (parsed.ok) return [];
  return parsed.problems.map(({ path, message, fix }) => `${path}: ${message} → ${fix}`);
}

describe('fields of a pixel', () => {
  test.each<[string, object]>([
    [
      'the example of the documentation',
      {
        em: ['context.traits.email', 'properties.email'],
        event_id: ['properties.event_id', 'messageId'],
        value: [
          'properties.revenue',
          'properties.total',
          { sum: 'properties.products', of: 'price', times: 'quantity' },
        ],
        content_name: '{{properties.sku}}-{{properties.variant}}',
      },
    ],
    ['nothing', {}],
    ['an empty list', { ge: [], client_ip_address: [] }],
    [
      'literals',
      {
        currency: { value: 'EUR' },
        value: { value: 20 },
        opt_out: { value: true },
        country: { value: 'DE' },
      },
    ],
    ['a literal from the environment', { value: { value: '20' } }],
    [
      'personal data where it is hashed',
      { em: 'properties.email', ph: 'context.traits.phone', client_ip_address: 'context.ip' },
    ],
    ['a name of its own', { 'custom_data.tier': 'context.traits.tier' }],
    [
      'a part of an object',
      { 'original_event_data.order_id': 'properties.first', extinfo: 'context.e' },
    ],
    ['a literal channel', { messaging_channel: { value: 'whatsapp' }, page_id: { value: '7' } }],
  ])('may be %s', (_, fields) => expect(problemsOf({ fields })).toEqual([]));

  test.each<[string, unknown, string, string, string]>([
    ['a list', ['em'], 'fields', 'must be a mapping', 'write it like'],
    ['a text', 'em', 'fields', 'must be a mapping', 'write it like'],
    [
      'a misspelt name',
      { evnt_id: 'a' },
      'fields.evnt_id',
      'is no field of Meta',
      'did you mean event_id?',
    ],
    [
      "Segment's name",
      { postalCode: 'a' },
      'fields.postalCode',
      'is no field of Meta',
      'did you mean zp?',
    ],
    [
      'a name with its group',
      { 'user_data.ph': 'a' },
      'fields.user_data.ph',
      'is no field of Meta',
      'did you mean ph?',
    ],
    [
      'a name unlike any',
      { weather_at_home: 'a' },
      'fields.weather_at_home',
      'is no field of Meta',
      'the known keys are event_id',
    ],
    [
      'event_name',
      { event_name: 'event' },
      'fields.event_name',
      'is not set here',
      'eventMappings',
    ],
    [
      'a group',
      { user_data: { em: 'a' } },
      'fields.user_data',
      'is not set here',
      'name its fields, such as em',
    ],
    [
      'constructor',
      { constructor: 'a' },
      'fields.constructor',
      'is no field of Meta',
      'known keys',
    ],
    [
      '__proto__',
      JSON.parse('{"__proto__":"a"}'),
      'fields.__proto__',
      'is no field of Meta',
      'known keys',
    ],
    [
      'a free __proto__',
      { 'custom_data.__proto__': 'a' },
      'fields.custom_data.__proto__',
      'is not a usable name',
      'custom_data.loyalty_tier',
    ],
    [
      'a free constructor',
      { 'custom_data.constructor': 'a' },
      'fields.custom_data.constructor',
      'is not a usable name',
      'custom_data.',
    ],
    [
      'no free name',
      { 'custom_data.': 'a' },
      'fields.custom_data.',
      'is not a usable name',
      'custom_data.',
    ],
    [
      'a free name of Meta',
      { 'custom_data.value': 'a' },
      'fields.custom_data.value',
      'is a field that Meta knows',
      'write value alone',
    ],
    [
      'a personal free name',
      { 'custom_data.email': 'a' },
      'fields.custom_data.email',
      'has the name of personal data',
      'user_data',
    ],
    ['a malformed path', { em: 'a..b' }, 'fields.em', 'is not a path', 'context.traits.email'],
    [
      'one of a list',
      { em: ['userId', 'a..b'] },
      'fields.em[1]',
      'is not a path',
      'context.traits.email',
    ],
    [
      'a path to a prototype',
      { em: 'a.__proto__' },
      'fields.em',
      'contains __proto__',
      'remove it',
    ],
    ['no path', { em: null }, 'fields.em', 'is not a source', 'write a path such as'],
    ['a number', { value: 20 }, 'fields.value', 'is not a source', '{ value: … }'],
    [
      'a literal text for a number',
      { value: { value: 'much' } },
      'fields.value',
      'has a literal value of a wrong type',
      'write a number',
    ],
    [
      'a literal number for a code',
      { currency: { value: 978 } },
      'fields.currency',
      'has a literal value of a wrong type',
      'ISO 4217',
    ],
    [
      'a literal action source',
      { action_source: { value: 'fax' } },
      'fields.action_source',
      'has a literal value of a wrong type',
      'one of website, app',
    ],
    [
      'a literal with an e-mail address',
      { content_name: { value: 'a@x.com' } },
      'fields.content_name',
      'has a literal value of a wrong type',
      'write',
    ],
    [
      'a literal for each person',
      { em: { value: 'a@x.com' } },
      'fields.em',
      'cannot be a literal value',
      'name a path',
    ],
    [
      'a literal for each event',
      { event_id: { value: 'e' } },
      'fields.event_id',
      'cannot be a literal value',
      'name a path',
    ],
    [
      'a sum of text',
      { order_id: { sum: 'a', of: 'b' } },
      'fields.order_id',
      'cannot be a sum',
      'name a path',
    ],
    [
      'items elsewhere',
      { value: { each: 'a' } },
      'fields.value',
      'cannot be a list of items',
      'name a path',
    ],
    [
      'personal data in custom_data',
      { content_name: 'context.traits.email' },
      'fields.content_name',
      'reads personal data (email)',
      'customDataAllowList',
    ],
    [
      'the name of a person',
      { 'custom_data.label': 'context.traits.name' },
      'fields.custom_data.label',
      'reads personal data (name)',
      'user_data',
    ],
    [
      'personal data in a template',
      { content_name: 'for {{properties.customer.city}}' },
      'fields.content_name',
      'reads personal data (city)',
      'user_data',
    ],
    [
      'personal data in event_id',
      { event_id: 'properties.phone' },
      'fields.event_id',
      'reads personal data (phone)',
      'user_data',
    ],
    [
      'personal data in an item',
      { contents: { each: 'properties.items', title: 'buyer.name' } },
      'fields.contents',
      'reads personal data (name)',
      'user_data',
    ],
    [
      'personal data that is not hashed',
      { lead_id: 'context.traits.phone' },
      'fields.lead_id',
      'reads personal data (phone)',
      'em, ph',
    ],
    ['no time', { event_time: [] }, 'fields.event_time', 'is empty', 'timestamp'],
    [
      'too many sources',
      { em: Array(21).fill('userId') },
      'fields.em',
      'has more than 20 sources',
      'fewer',
    ],
    [
      'a part of the options',
      { data_processing_options_state: 'a' },
      'fields.data_processing_options_state',
      'is not set here',
      '[["LDU"], 1, 1000]',
    ],
  ])('are refused for %s', (_, fields, path, message, fix) => {
    const [found = '', ...others] = problemsOf({ fields });
    expect(found).toContain(`${path}: ${message}`);
    expect(found).toContain(fix);
    expect(others).toEqual([]);
  });

  test('are judged with the lists of the pixel, and whatever else is wrong in it', () => {
    const fields = { content_name: 'properties.fax', order_id: 'properties.no' };
    expect(problemsOf({ fields, customDataAllowList: ['fax'] })).toEqual([]);
    expect(
      problemsOf({ fields, customDataAllowList: ['fax'], customDataDenyList: ['no'] }),
    ).toEqual([
      'fields.order_id: reads no, which is one of customDataDenyList → remove it here or there',
    ]);
    const both = { fields: { external_id: 'properties.no' }, alternativeExternalIdField: 'userId' };
    expect(problemsOf(both)).toEqual([
      'fields.external_id: is named, and so is alternativeExternalIdField → remove alternativeExternalIdField',
    ]);
    const paths = problemsOf({
      fields: { evnt_id: 'a' },
      defaultCurrency: 'EURO',
      eventMapping: {},
    });
    expect(paths.map((each) => each.split(':')[0]).sort()).toEqual([
      'defaultCurrency',
      'eventMapping',
      'fields.evnt_id',
    ]);
  });
});

describe('in a configuration file', () => {
  let folder: ConfigurationFolder;
  beforeAll(async () => {
    folder = await ConfigurationFolder.make();
  });
  afterAll(() => folder.remove());

  test('a problem has its line', async () => {
    const { problems } = await folder.refusal(`kafka: { brokers: ['a:1'], topics: [t] }
redis: { url: 'redis://r' }
sealing: 'off'
pixels:
  - pixelId: '1'
    accessToken: x
    fields:
      em: properties.email
      value:
        - properties.total
        - { value: much }
`);
    expect(problems.map(({ line, path }) => [line, path])).toEqual([
      [11, 'pixels[0].fields.value[1]'],
    ]);
  });

  test('a reference to the environment stands for a literal', async () => {
    const fields = { value: { value: ref('LEAD_VALUE') } };
    const loaded = await folder.load(withPixel({ fields }), { LEAD_VALUE: '20' });
    expect(loaded.pixels[0]?.fields).toEqual({ value: { value: '20' } });
    const { message } = await folder.refusal(withPixel({ fields }), { LEAD_VALUE: 'secret' });
    expect(message).not.toContain('secret');
  });

  test('the schema for editors names every field', () => {
    const text = JSON.stringify(editorSchema());
    for (const name of FIELD_NAMES) expect(text).toContain(`"${name}"`);
  });
});
