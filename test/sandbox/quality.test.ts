import { afterEach, describe, expect, test } from '@jest/globals';
import { createQualityClient } from '#graph/dataset-quality.ts';
import { parseFields, selectFields } from '#sandbox/quality/field-expansion.ts';
import type { SandboxOptions } from '#sandbox/sandbox.ts';
import { openSandbox, PIXEL, type SandboxClient, TOKEN } from './client.ts';
import { type Changes, HASH, NOW, sampleEvent } from './sample-event.ts';

const PIXELS = new Map([[PIXEL, new Set([TOKEN])]]);
const EVERYTHING = {
  em: HASH,
  ph: HASH,
  fbc: 'fb.1.1795168800000.click',
  external_id: 'u1',
  fbp: 'fb.1.1795168800000.123',
  client_ip_address: '2001:db8::7',
  client_user_agent: 'Mozilla/5.0',
};

let sandbox: SandboxClient;

async function open(options: Partial<SandboxOptions> = {}): Promise<SandboxClient> {
  sandbox = await openSandbox({ pixels: PIXELS, ...options });
  return sandbox;
}

afterEach(() => sandbox.close());

function accept(...events: readonly Changes[]): Promise<unknown> {
  const data = events.map((each, at) => sampleEvent({ event_id: `e${at}`, ...each }));
  return sandbox.post({ data });
}

/** As control asks it. */
async function quality(token = TOKEN, datasetId = PIXEL, version = 'v25.0') {
  const options = { url: sandbox.url, version, timeoutMs: 60_000, agentName: null };
  const client = createQualityClient(options);
  const dataset = { pixelId: datasetId, accessToken: token, appSecret: null };
  const answer = await client.ask(dataset, new AbortController().signal);
  client.close();
  return answer;
}

const get = (query: string, path = '/v25.0/dataset_quality') =>
  sandbox.request('GET', `${path}?access_token=${TOKEN}&${query}`);

describe('the figures come from what was accepted', () => {
  test('everything in each event makes ten', async () => {
    await open();
    await accept({ user_data: EVERYTHING }, { user_data: EVERYTHING });
    expect(await quality()).toEqual({
      ok: true,
      events: [
        expect.objectContaining({
          eventName: 'ViewContent',
          score: 10,
          matchKeys: expect.arrayContaining([{ key: 'email', coverage: 100, potential: null }]),
          diagnostics: [],
          coverage: 100,
          coverageGoal: 75,
          uploadFrequency: 'real_time',
        }),
      ],
    });
  });

  test('half of it makes less, by the weights', async () => {
    await open();
    const { em, ...others } = EVERYTHING;
    await accept({ user_data: { ...others, em } }, { user_data: others });
    const answer = await quality();
    expect(answer.ok && answer.events[0]).toMatchObject({ score: 8.5 });
    expect(answer.ok && answer.events[0]?.matchKeys).toContainEqual({
      key: 'email',
      coverage: 50,
      potential: 15,
    });
  });

  test('each event name has its own, also `constructor`', async () => {
    await open();
    await accept({ event_name: 'constructor' }, { event_name: '__proto__' }, {});
    const answer = await quality();
    const names = answer.ok ? answer.events.map(({ eventName }) => eventName) : [];
    expect(names).toEqual(['constructor', '__proto__', 'ViewContent']);
  });

  test('IPv4 addresses are an issue, and late events are not in real time', async () => {
    await open();
    await accept({ event_time: NOW - 86_400 });
    const answer = await quality();
    expect(answer.ok && answer.events[0]).toMatchObject({
      uploadFrequency: 'daily',
      diagnostics: [{ percentage: 100, affected: 1, total: 1 }],
    });
  });

  test('without an event id nothing is covered', async () => {
    await open();
    await accept({ event_id: undefined }, {});
    const answer = await quality();
    expect(answer.ok && answer.events[0]).toMatchObject({
      coverage: 50,
      dedupeKeys: [{ key: 'event_id', server: 50 }],
    });
  });

  test('refused, offline and test events count for nothing', async () => {
    await open();
    await accept({ event_time: 0 });
    await accept({ action_source: 'physical_store' });
    await sandbox.post({ data: [sampleEvent()], test_event_code: 'TEST1' });
    expect(await quality()).toEqual({ ok: true, events: [] });
  });
});

describe('refused as Meta does', () => {
  test.each<[string, () => ReturnType<typeof quality>, object]>([
    ['a wrong token', () => quality('another'), { code: 190 }],
    ['an unknown dataset', () => quality(TOKEN, '999'), { code: 100, subcode: 33 }],
    ['an expired version', () => quality(TOKEN, PIXEL, 'v3.0'), { code: 2635 }],
    ['a version that is none yet', () => quality(TOKEN, PIXEL, 'v99.0'), { code: 2500 }],
  ])('%s', async (_, ask, failure) => {
    await open();
    expect(await ask()).toMatchObject({ ok: false, failure: { kind: 'refused', ...failure } });
  });

  test('a token that expired', async () => {
    await open();
    const body = { pixel: PIXEL, expired: [TOKEN] };
    await sandbox.request('POST', '/_sandbox/tokens', body);
    expect(await quality()).toMatchObject({ ok: false, failure: { code: 190, subcode: 463 } });
  });

  test.each([
    ['no token', `/v25.0/dataset_quality?dataset_id=${PIXEL}`, 401, 104],
    ['no dataset', `/v25.0/dataset_quality?access_token=${TOKEN}`, 400, 100],
    ['no number', `/v25.0/dataset_quality?access_token=${TOKEN}&dataset_id=x`, 400, 100],
    ['the path of an edge', `/v25.0/${PIXEL}/dataset_quality?access_token=${TOKEN}`, 400, 2500],
  ])('%s', async (_, path, status, code) => {
    await open();
    const answer = await sandbox.request('GET', path);
    expect([answer.status, answer.json]).toMatchObject([status, { error: { code } }]);
  });

  test('a POST', async () => {
    await open();
    const answer = await sandbox.request('POST', `/v25.0/dataset_quality?dataset_id=${PIXEL}`, {});
    expect(answer.status).toBe(400);
  });

  test.each([
    ['web{dedup_key_feedback}', 'nonexisting field (dedup_key_feedback)'],
    ['web{event_name{length}}', 'nonexisting field (length)'],
    ['constructor', 'nonexisting field (constructor)'],
    ['web{event_name', 'Syntax error'],
    ['web}', 'Syntax error'],
    ['web{a}{b}', 'Syntax error'],
    [`${'web{'.repeat(50)}`, 'Syntax error'],
  ])('the fields %s', async (fields, words) => {
    await open();
    const { json } = await get(`dataset_id=${PIXEL}&fields=${encodeURIComponent(fields)}`);
    expect(json).toMatchObject({ error: { message: expect.stringContaining(words) } });
  });
});

test('only selected fields are in the answer', async () => {
  await open();
  await accept({});
  const fields = encodeURIComponent('web{event_name,event_match_quality{composite_score}}');
  const { json } = await get(`dataset_id=${PIXEL}&fields=${fields}`);
  expect(json).toEqual({
    web: [{ event_name: 'ViewContent', event_match_quality: { composite_score: 4.3 } }],
  });
});

test('field expansion reads lists and spaces', async () => {
  await open();
  const selection = parseFields(' web { a , b{c} } ');
  expect(selectFields({ web: [{ a: 1, b: { c: 2, d: 3 }, e: 4 }] }, selection)).toEqual({
    web: [{ a: 1, b: { c: 2 } }],
  });
});
