import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, SOURCES } from '#test/support/fleet.ts';
import { inWireFormat, TestRegistry } from '#test/support/schema-registry.ts';
import { trackEvent } from '#test/support/track-event.ts';

jest.setTimeout(600_000);

const PATIENTLY = ['--timeout', '240'];
const LATE = 99;

/** An event is the text of a field, so that any event can be written by hand. */
const PROTO =
  'syntax = "proto3"; import "google/protobuf/struct.proto"; message E { google.protobuf.Struct context = 1; google.protobuf.Struct properties = 2; string event = 3; string message_id = 4; string user_id = 5; string type = 6; }';
const TEXT = { subject: 'later-value', schemaType: 'PROTOBUF', schema: PROTO } as const;

let registry: TestRegistry;
let fleet: Fleet;
let jsonSchema: number;
let proto: number;

beforeAll(async () => {
  registry = await TestRegistry.start();
  registry.login = 'relay:secret-login';
  jsonSchema = registry.register({ subject: 'x-value', schemaType: 'JSON', schema: '{}' });
  proto = registry.register(TEXT);
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    withSandbox: false,
    pixels: 1,
    partitions: 1,
    sections: {
      schemaRegistry: { urls: [registry.url], username: 'relay', password: 'secret-login' },
      pixels: [{ pixelId: '1', accessToken: 'T', requireWebsiteContext: true }],
    },
  });
});

afterAll(async () => {
  await fleet.stop();
  await registry.close();
});

function event(messageId: string, more: object = {}): Buffer {
  const timestamp = new Date().toISOString();
  const context = { source: SOURCES[0], userAgent: 'A', page: { url: 'https://shop.example/' } };
  return Buffer.from(JSON.stringify(trackEvent({ messageId, timestamp, context, ...more })));
}

/** A message of Protobuf: a name, an id and a user, and no context. */
function inProto(id: number, messageId: string): Buffer {
  const fields = [
    [3, 'Lead'],
    [4, messageId],
    [5, 'u-1'],
  ] as const;
  const bytes = fields.map(([number, text]) =>
    Buffer.concat([Buffer.of(number * 8 + 2, text.length), Buffer.from(text)]),
  );
  return inWireFormat(id, Buffer.concat([Buffer.of(2, 0), ...bytes]));
}

async function readiness(url: string): Promise<string> {
  return (await fetch(`${url}/readyz?verbose`)).text();
}

async function letters(): Promise<DeadLetterFacts[]> {
  const found: DeadLetterFacts[] = [];
  for await (const facts of fleet.deadLetters()) found.push(facts);
  return found.sort((a, b) => a.kafka.offset - b.kafka.offset);
}

async function counted(): Promise<{ consumed: number; queued: number; dead: number }> {
  const sum = { consumed: 0, queued: 0, dead: 0 };
  for (const ledger of (await fleet.ledgers()).values()) {
    for (const name of ['consumed', 'queued', 'dead'] as const) sum[name] += ledger[name];
  }
  return sum;
}

test('ingest waits for the registry and decodes what it can; the rest is dead with its schema', async () => {
  registry.instead = [503, 'down'];
  await fleet.send(
    [
      event('plain'),
      inWireFormat(jsonSchema, event('in JSON Schema')),
      inWireFormat(LATE, inProto(LATE, 'late').subarray(5)),
      inWireFormat(proto, Buffer.of(2, 0, 0x0a, 0x7f)),
      inProto(proto, 'bare'),
    ].map((value) => ({ key: 'k', value })),
  );
  const ingest = await fleet.start('ingest');
  // What came before the first schema is in Redis, and the partition waits.
  await eventually(async () => {
    expect(await counted()).toEqual({ consumed: 1, queued: 1, dead: 0 });
    expect(await readiness(ingest.url)).toMatch(/schema_registry.*HTTP 503/);
  });
  await eventually(async () => {
    const metrics = await (await fetch(`${ingest.url}/metrics`)).text();
    expect(metrics).toContain(`capi_ingest_schema_waiting_partitions{topic="${fleet.topic}"} 1`);
    expect(metrics).toMatch(/capi_ingest_schema_failures_total\{fault="unreachable"\} [1-9]/);
  });
  registry.instead = [401, { error_code: 401 }];
  await eventually(async () => {
    expect(await readiness(ingest.url)).toContain('correct schemaRegistry.username');
  });
  registry.instead = null;
  await eventually(async () => {
    expect(await counted()).toEqual({ consumed: 5, queued: 2, dead: 3 });
    expect((await fetch(`${ingest.url}/readyz`)).status).toBe(200);
  });
  expect(await letters()).toMatchObject([
    { reason: 'undecodable', schema: LATE, message: `schema ${LATE} is not in the registry` },
    { reason: 'undecodable', schema: proto, message: expect.stringContaining('ends too early') },
    { reason: 'missing_website_context', schema: proto, eventName: 'Lead' },
  ]);
});

test('preview and check decode as ingest does', async () => {
  const args = ['--config', fleet.configuration, ...PATIENTLY];
  const preview = await commandHere('preview', [...args, '--from-kafka', '5', '--json']);
  const results = preview.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(results).toMatchObject([
    { outcome: 'deliver', event: { event_id: 'plain' } },
    { outcome: 'deliver', event: { event_id: 'in JSON Schema' } },
    { outcome: 'reject', reason: 'undecodable' },
    { outcome: 'reject', reason: 'undecodable' },
    { outcome: 'reject', reason: 'missing_website_context' },
  ]);
  const checked = await commandHere('check', args);
  expect(checked.out).toContain('version 1 of x-value (schema 1) can be read and used');
  expect(checked.out).toMatch(/of the last 5 messages: 2 deliver, 3 would be dead letters/);
  registry.instead = [403, { error_code: 40301 }];
  const refused = await commandHere('check', args);
  expect(refused.out).toMatch(/FAIL {2}schemas .*HTTP 403/);
  expect(refused.out + refused.err).not.toContain('secret-login');
  const unread = await commandHere('preview', [...args, '--from-kafka', '1', '--json']);
  expect([unread.code, unread.err]).toEqual([1, expect.stringContaining('HTTP 403')]);
  registry.instead = null;
});

test('a dead letter is edited by its JSON, and decodes once its schema is registered', async () => {
  const config = ['--config', fleet.configuration];
  const [late, , edited] = await letters();
  const set = [
    ...['--set', 'context.userAgent="A"'],
    ...['--set', 'context.page={"url":"https://shop.example/"}'],
  ];
  const edit = await commandHere('dead-letters', [
    'edit',
    edited?.id ?? '',
    ...set,
    '--yes',
    ...config,
  ]);
  expect([edit.code, edit.err]).toEqual([0, expect.stringContaining('A replay would deliver it.')]);
  registry.register(TEXT, LATE);
  const shown = await commandHere('dead-letters', ['show', late?.id ?? '', '--reveal', ...config]);
  expect(shown.out).toContain(`schema      ${LATE}\n`);
  expect(shown.out).toContain('"messageId": "late"');
  // The late one lacks its context too; the edited one would be sent.
  const dry = await commandHere('replay', ['--all', '--dry-run', '--json', ...config]);
  expect(JSON.parse(dry.out)).toMatchObject({
    replayed: 1,
    refused: { missing_website_context: 1, undecodable: 1 },
  });
  const diff = await commandHere('dead-letters', ['show', late?.id ?? '', '--diff', ...config]);
  expect(diff.out).toContain('refused again, missing_website_context');
});
