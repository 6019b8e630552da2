import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { IdCounts } from '#sandbox/journal/id-counts.ts';
import { openSandbox, PIXEL, type SandboxClient } from './client.ts';
import { NOW, sampleBody, sampleEvent } from './sample-event.ts';

test('counts pairs of name and id exactly, through every growth', () => {
  const counts = new IdCounts();
  const ids = Array.from({ length: 20_000 }, (_, at) => `été-${at}`);
  expect(ids.filter((id) => counts.add('Lead', id) !== 1)).toEqual([]);
  expect(ids.filter((id) => counts.add('Lead', id) !== 2)).toEqual([]);
  expect(counts.add('Contact', 'été-1')).toBe(1);
  const long = '정'.repeat(360_000);
  expect(counts.add('Lead', long)).toBe(1);
  expect(counts.add('Lead', long)).toBe(2);
  expect(counts.size).toBe(20_002);
  const kept = Array.from(counts, ({ eventName, eventId, count }) =>
    [eventName, eventId, count].join(),
  );
  expect(kept.slice(0, 20_000).join('\n')).toBe(ids.map((id) => `Lead,${id},2`).join('\n'));
  expect(kept[20_000]).toBe('Contact,été-1,1');
});

let sandbox: SandboxClient;
beforeEach(async () => {
  sandbox = await openSandbox();
});
afterEach(() => sandbox.close());

test('the state counts events, duplicates, requests and refusals', async () => {
  await sandbox.post(sampleBody(10));
  await sandbox.post(sampleBody(4));
  await sandbox.post({ data: [sampleEvent({ event_id: undefined })], test_event_code: 'TEST1' });
  await sandbox.post(sampleBody(2, { event_name: 'Lead' }));
  await sandbox.post({ data: [] });
  expect(await sandbox.state()).toMatchObject({
    accepted: 17,
    unique: 12,
    duplicates: 4,
    withoutId: 1,
    test: 1,
    byName: { ViewContent: 15, Lead: 2 },
    requests: { total: 5, accepted: 4, refused: 1, inFlight: 0, mostInFlight: 1, unanswered: 0 },
    batch: { sum: 17, max: 10, mean: 4.25 },
    refused: { '100': 1 },
    firstAcceptedAt: NOW * 1000,
    lastAcceptedAt: NOW * 1000,
  });
  const { json } = await sandbox.request('GET', '/_sandbox/state');
  expect(json).toMatchObject({ totals: { accepted: 17, unique: 12, duplicates: 4, requests: 5 } });
});

test('the journal lists every pair with its count', async () => {
  await sandbox.post(sampleBody(3));
  await sandbox.post(sampleBody(1));
  const lines = async (query: string) => {
    const { text } = await sandbox.request('GET', `/_sandbox/journal?pixel=${PIXEL}${query}`);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  };
  expect(await lines('')).toEqual([
    { event_name: 'ViewContent', event_id: 'e0', count: 2 },
    { event_name: 'ViewContent', event_id: 'e1', count: 1 },
    { event_name: 'ViewContent', event_id: 'e2', count: 1 },
  ]);
  expect(await lines('&duplicates')).toHaveLength(1);
});

test('the last accepted body comes back as it was sent', async () => {
  expect(await sandbox.request('GET', `/_sandbox/last?pixel=${PIXEL}`)).toMatchObject({
    status: 404,
  });
  const body = sampleBody(2);
  await sandbox.post(body);
  await sandbox.post({ data: [{}] });
  const { text } = await sandbox.request('GET', `/_sandbox/last?pixel=${PIXEL}`);
  expect(text).toBe(JSON.stringify(body));
});

test('refusals are kept with their trace id and index', async () => {
  const { headers } = await sandbox.post({
    data: [sampleEvent(), sampleEvent({ opt_out: 1 })],
  });
  const { json: refusals } = await sandbox.request('GET', `/_sandbox/refusals?pixel=${PIXEL}`);
  expect(refusals).toEqual([
    {
      at: NOW * 1000,
      status: 400,
      code: 100,
      subcode: null,
      message: "(#100) Param $['data'][1]['opt_out'] must be a boolean.",
      traceId: headers.get('x-fb-trace-id'),
      events: 2,
      index: 1,
    },
  ]);
});

test('reset forgets the journal, and on demand the behaviours', async () => {
  await sandbox.post(sampleBody(1));
  await sandbox.behave({ kind: 'status' });
  await sandbox.request('POST', '/_sandbox/reset');
  expect(await sandbox.state()).toEqual({});
  expect(await sandbox.post(sampleBody(1))).toMatchObject({ status: 500 });
  await sandbox.request('POST', '/_sandbox/reset?all');
  expect(await sandbox.post(sampleBody(1))).toMatchObject({ status: 200 });
});

test('an unknown control route lists those that exist', async () => {
  const answer = await sandbox.request('GET', '/_sandbox/nothing');
  expect(answer.status).toBe(404);
  expect(answer.json?.['error']).toContain('GET /state');
});
