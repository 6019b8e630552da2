import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RegistryDecoder } from '#registry/decoder.ts';
import { SchemaCache } from '#registry/schema-cache.ts';
import { inWireFormat, TestRegistry } from '#test/support/schema-registry.ts';

const TEXT = '{"type":"record","name":"T","fields":[{"name":"event","type":"string"}]}';
const LEAD = Buffer.from([8, ...Buffer.from('Lead')]);
const MOST = 1000;

let registry: TestRegistry;
let clock: { now: number; slept: number };
let decoder: RegistryDecoder;

beforeEach(async () => {
  registry = await TestRegistry.start();
  clock = { now: 1_000_000, slept: 0 };
  decoder = decoderOf([registry.url]);
});

afterEach(() => registry.close());

function decoderOf(urls: readonly string[], login: { username?: string; password?: string } = {}) {
  const sleep = async (ms: number): Promise<void> => {
    clock.now += ms;
    clock.slept += 1;
  };
  const cache = new SchemaCache(
    { urls, timeoutMs: 60_000, ...login },
    { now: () => clock.now, sleep },
  );
  return new RegistryDecoder(cache, ['t']);
}

function message(value: Buffer | string | null, headers = {}) {
  return { value: typeof value === 'string' ? Buffer.from(value) : value, headers };
}

/** Loads what a message needs, and decodes it. */
async function decoded(value: Buffer, headers = {}) {
  const one = message(value, headers);
  await decoder.load(decoder.missing([one], 't'));
  return decoder.decode(one, 't', MOST);
}

describe('a message with a schema', () => {
  test('is decoded once its schema is loaded, which happens once', async () => {
    const id = registry.register({ subject: 't-value', schema: TEXT });
    const one = message(inWireFormat(id, LEAD));
    expect(decoder.decode(one, 't', MOST)).toEqual({ needs: id });
    expect(await decoded(one.value as Buffer)).toEqual({ event: { event: 'Lead' }, schema: id });
    await Promise.all([decoded(one.value as Buffer), decoder.load(new Set([id]))]);
    expect(registry.asked).toEqual([`/schemas/ids/${id}`]);
  });

  test('is undecodable with the id and the reason where its value is something else', async () => {
    const id = registry.register({ subject: 't-value', schema: TEXT });
    expect(await decoded(inWireFormat(id, 'garbage'))).toEqual({
      reason: 'undecodable',
      message: `the message does not decode with schema ${id}: it ends too early`,
      schema: id,
    });
  });

  test('is too large by what it decodes to', async () => {
    const items = '{"type":"array","items":"null"}';
    const schema = TEXT.replace('"string"', items);
    const id = registry.register({ subject: 't-value', schema });
    expect(await decoded(inWireFormat(id, Buffer.from([0xfe, 0x7f, 0])))).toMatchObject({
      reason: 'too_large',
      schema: id,
    });
  });

  test('names it in a header as well, by id or GUID, and its value is the payload', async () => {
    const id = registry.register({ subject: 't-value', schema: TEXT });
    const header = inWireFormat(id, '');
    expect(await decoded(LEAD, { __value_schema_id: header })).toMatchObject({ schema: id });
    const guid = Buffer.from('0189791762233641869674299b90a802e2', 'hex');
    expect(await decoded(LEAD, { __value_schema_id: guid })).toMatchObject({
      reason: 'undecodable',
      schema: '89791762-2336-4186-9674-299b90a802e2',
    });
    expect(registry.asked).toContain('/schemas/guids/89791762-2336-4186-9674-299b90a802e2');
  });
});

test.each([
  ['plain JSON', '{"event":"Lead"}', { event: { event: 'Lead' } }],
  ['plain JSON with a blank before it', ' {"event":"Lead"}', { event: { event: 'Lead' } }],
  ['no value', null, { reason: 'invalid_event', message: 'the message has no value' }],
  [
    'a lone zero',
    Buffer.from([0]),
    { reason: 'invalid_event', message: expect.stringContaining('not JSON') },
  ],
  [
    'a negative id',
    inWireFormat(-1, 'x'),
    { reason: 'invalid_event', message: expect.any(String) },
  ],
])('%s needs no schema', (_, value, result) => {
  const one = message(value);
  expect(decoder.missing([one], 't').size).toBe(0);
  expect(decoder.decode(one, 't', MOST)).toEqual(result);
});

test('another topic has no schemas', () => {
  const one = message(inWireFormat(1, LEAD));
  expect(decoder.missing([one], 'other').size).toBe(0);
  expect(decoder.decode(one, 'other', MOST)).toMatchObject({ reason: 'invalid_event' });
});

describe('a registry that does not have a schema', () => {
  test('is asked again once, and then after a minute', async () => {
    const value = inWireFormat(7, LEAD);
    expect(await decoded(value)).toEqual({
      reason: 'undecodable',
      message: 'schema 7 is not in the registry',
      schema: 7,
    });
    expect([registry.asked.length, clock.slept]).toEqual([2, 1]);
    await decoded(value);
    expect(registry.asked).toHaveLength(2);
    registry.register({ subject: 't-value', schema: TEXT }, 7);
    clock.now += 60_000;
    expect(await decoded(value)).toMatchObject({ event: { event: 'Lead' } });
  });

  test('may have it a moment later', async () => {
    const loading = decoded(inWireFormat(1, LEAD));
    const first = registry.asked.length;
    // A follower learns of it after the first answer.
    const { register } = registry;
    clock = new Proxy(clock, {
      set(target, name, value) {
        if (name === 'slept') register.call(registry, { subject: 't-value', schema: TEXT }, 1);
        return Reflect.set(target, name, value);
      },
    });
    expect(first).toBe(0);
    expect(await loading).toMatchObject({ event: { event: 'Lead' } });
  });

  test('is not waited for by every one of a flood of unknown ids', async () => {
    const flood = Array.from({ length: 100 }, (_, at) => message(inWireFormat(at + 10, LEAD)));
    for (const one of flood) await decoder.load(decoder.missing([one], 't'));
    expect(clock.slept).toBe(1);
    await decoder.load(decoder.missing(flood, 't'));
    expect(registry.asked).toHaveLength(101);
  });
});

describe('while a registry does not say what a schema is', () => {
  test.each<[string, [number, unknown], string, string]>([
    ['it fails', [503, 'secret'], 'unreachable', 'HTTP 503'],
    ['it has no time', [429, '{}'], 'unreachable', 'HTTP 429'],
    ['it refuses the login', [401, { error_code: 401 }], 'not_allowed', 'schemaRegistry.username'],
    ['it refuses the schema', [403, { error_code: 40301 }], 'not_allowed', 'allow this user'],
    ['something else answers', [404, '<html>secret'], 'other', 'schemaRegistry.urls'],
    ['it answers with 404 of no registry', [404, { error_code: 404 }], 'other', 'no answer of a'],
    ['it answers without a schema', [200, {}], 'other', 'without a schema'],
    ['it answers with a page', [200, '<html>secret'], 'other', 'HTTP 200'],
  ])('%s: loading fails, and nothing is decided', async (_, instead, fault, words) => {
    const id = registry.register({ subject: 't-value', schema: TEXT });
    registry.instead = instead;
    const value = inWireFormat(id, LEAD);
    const error = await decoded(value).catch((caught: Error) => caught);
    expect(error).toMatchObject({ fault, message: expect.stringContaining(words) });
    expect(String(error)).not.toContain('secret');
    expect(decoder.decode(message(value), 't', MOST)).toEqual({ needs: id });
    registry.instead = null;
    expect(await decoded(value)).toMatchObject({ event: { event: 'Lead' } });
  });

  test('the next address is asked', async () => {
    const id = registry.register({ subject: 't-value', schema: TEXT });
    decoder = decoderOf(['http://127.0.0.1:9', `${registry.url}/`]);
    expect(await decoded(inWireFormat(id, LEAD))).toMatchObject({ schema: id });
  });
});

test('it is logged in to', async () => {
  const id = registry.register({ subject: 't-value', schema: TEXT });
  registry.login = 'relay:pass:word';
  const login = { username: 'relay', password: 'wrong' };
  decoder = decoderOf([registry.url], login);
  const error = await decoded(inWireFormat(id, LEAD)).catch((caught: Error) => caught);
  expect(error).toMatchObject({ fault: 'not_allowed' });
  expect(String(error)).not.toContain('wrong');
  decoder = decoderOf([registry.url], { ...login, password: 'pass:word' });
  expect(await decoded(inWireFormat(id, LEAD))).toMatchObject({ schema: id });
});

describe('references', () => {
  const uses = '{"type":"record","name":"T","fields":[{"name":"event","type":"a.Name"}]}';
  const name = '{"type":"enum","namespace":"a","name":"Name","symbols":["Lead"]}';
  const to = (subject: string) => ({ name: 'a.Name', subject, version: 1 });

  test('are loaded, each once, also where they go in circles', async () => {
    registry.register({ subject: 'n/1', schema: name, references: [to('n/1')] });
    const references = [to('n/1'), to('n/1')];
    const id = registry.register({ subject: 't-value', schema: uses, references });
    expect(await decoded(inWireFormat(id, Buffer.from([0])))).toMatchObject({
      event: { event: 'Lead' },
    });
    expect(registry.asked).toHaveLength(2);
  });

  test('that are missing make the schema useless, and so do very many', async () => {
    const id = registry.register({ subject: 't-value', schema: uses, references: [to('gone')] });
    expect(await decoded(inWireFormat(id, LEAD))).toMatchObject({
      message: `schema ${id} refers to a schema that is not in the registry`,
    });
    registry.register({ subject: 'n', schema: name });
    const many = Array.from({ length: 300 }, (_, at) => ({
      ...to('n'),
      version: at % 2 ? 1 : 1 + at,
    }));
    for (let at = 0; at < 300; at++) registry.register({ subject: 'n', schema: name });
    const big = registry.register({ subject: 't2', schema: uses, references: many });
    const versions = many.map((each, at) => ({ ...each, version: at + 1 }));
    const bigger = registry.register({ subject: 't3', schema: uses, references: versions });
    expect(big).not.toBe(bigger);
    expect(await decoded(inWireFormat(bigger, LEAD))).toMatchObject({
      message: expect.stringContaining('refers to more than 200 schemas'),
    });
  });
});
