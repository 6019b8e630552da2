import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { SandboxOptions } from '#sandbox/sandbox.ts';
import { openSandbox, PIXEL, type PostOptions, type SandboxClient, TOKEN } from './client.ts';
import { sampleBody, sampleEvent } from './sample-event.ts';

let sandbox: SandboxClient;

async function open(options: Partial<SandboxOptions> = {}): Promise<SandboxClient> {
  sandbox = await openSandbox(options);
  return sandbox;
}

afterEach(() => sandbox.close());

test('success says how many events were received, and shows the usage', async () => {
  await open();
  const answer = await sandbox.post(sampleBody(3));
  expect(answer.status).toBe(200);
  expect(answer.json).toEqual({
    events_received: 3,
    messages: [],
    fbtrace_id: expect.stringMatching(/^A[\w-]{22}$/),
  });
  expect(answer.headers.get('x-fb-trace-id')).toBe(answer.json?.['fbtrace_id']);
  expect(JSON.parse(answer.headers.get('x-app-usage') ?? '')).toEqual({
    call_count: 0,
    total_cputime: 0,
    total_time: 0,
  });
  expect(JSON.parse(answer.headers.get('x-business-use-case-usage') ?? '')).toMatchObject({
    [PIXEL]: [{ call_count: 0, estimated_time_to_regain_access: 0 }],
  });
});

test('a refusal has the whole envelope, and nothing was taken', async () => {
  await open();
  const body = sampleBody(5);
  body.data[3] = sampleEvent({ event_time: 0 });
  const answer = await sandbox.post(body);
  expect(answer.status).toBe(400);
  expect(answer.json).toEqual({
    error: {
      message: 'Invalid parameter',
      type: 'OAuthException',
      code: 100,
      error_subcode: 2804003,
      is_transient: false,
      error_user_title: 'Event Timestamp Too Old',
      error_user_msg: expect.stringContaining('7 days'),
      fbtrace_id: answer.headers.get('x-fb-trace-id'),
    },
  });
  expect(await sandbox.state()).toMatchObject({
    accepted: 0,
    refused: { '100/2804003': 1 },
    refusedEvents: 5,
  });
});

describe('routes', () => {
  test.each<[string, string, number, number]>([
    ['POST', `/v1.0/${PIXEL}/events`, 400, 2635],
    ['POST', `/v99.0/${PIXEL}/events`, 400, 2500],
    ['POST', `/25.0/${PIXEL}/events`, 400, 2500],
    ['POST', `/v25.0/${PIXEL}/activities`, 400, 2500],
    ['POST', '/', 400, 2500],
    ['POST', '//', 400, 2500],
    ['GET', `/v25.0/${PIXEL}/events`, 400, 100],
  ])('%s %s', async (method, path, status, code) => {
    await open();
    const answer = await sandbox.request(method, path);
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ error: { code } });
  });

  test.each<[string, string, number, number | undefined]>([
    ['v20.0', '2026-09-23T23:59:59Z', 200, undefined],
    ['v20.0', '2026-09-24T00:00:00Z', 400, 2635],
    ['v21.0', '2026-11-27T12:00:00Z', 200, undefined],
    ['v21.0', '2027-01-21T00:00:00Z', 400, 2635],
    ['v27.0', '2026-11-27T12:00:00Z', 200, undefined],
    ['v28.0', '2026-11-27T12:00:00Z', 400, 2500],
  ])('version %s at %s: %d', async (version, at, status, code) => {
    const now = Date.parse(at);
    await open({ now: () => now });
    const [event] = sampleBody(1).data;
    const answer = await sandbox.post(
      { data: [{ ...event, event_time: now / 1000 }] },
      { version },
    );
    expect(answer.status).toBe(status);
    if (code !== undefined) expect(answer.json).toMatchObject({ error: { code } });
  });

  test('versions that were chosen are served, whatever the day', async () => {
    await open({ versions: ['v1.0', 'v2.0'] });
    expect(await sandbox.post(sampleBody(1), { version: 'v1.0' })).toMatchObject({ status: 200 });
    expect(await sandbox.post(sampleBody(1), { version: 'v27.0' })).toMatchObject({ status: 400 });
  });

  test.each(['/livez', '/readyz'])('%s', async (path) => {
    await open();
    expect(await sandbox.request('GET', path)).toMatchObject({ status: 200 });
  });

  test('/metrics', async () => {
    await open();
    await sandbox.post(sampleBody(2));
    const { text } = await sandbox.request('GET', '/metrics');
    expect(text).toContain(`capi_sandbox_events_accepted_total{pixel="${PIXEL}"} 2\n`);
  });
});

describe('tokens', () => {
  const known = { pixels: new Map([[PIXEL, new Set([TOKEN])]]) };

  test.each<[string, PostOptions, number, number, number | undefined]>([
    ['none', { token: null }, 401, 104, undefined],
    ['an unknown one', { token: 'another' }, 401, 190, undefined],
    ['an unknown pixel', { pixel: '999' }, 400, 100, 33],
  ])('%s', async (_, how, status, code, error_subcode) => {
    await open(known);
    const answer = await sandbox.post(sampleBody(1), how);
    expect(answer.status).toBe(status);
    const error = { code, ...(error_subcode === undefined ? {} : { error_subcode }) };
    expect(answer.json).toMatchObject({ error });
  });

  test.each<[string, unknown, PostOptions]>([
    ['header', sampleBody(1), {}],
    [
      'query parameter',
      sampleBody(1),
      { token: null, path: `/v25.0/${PIXEL}/events?access_token=${TOKEN}` },
    ],
    ['field of the body', { ...sampleBody(1), access_token: TOKEN }, { token: null }],
    [
      'form field',
      new URLSearchParams({
        access_token: TOKEN,
        data: JSON.stringify(sampleBody(1).data),
      }).toString(),
      { token: null, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ],
  ])('as %s', async (_, body, how) => {
    await open(known);
    expect(await sandbox.post(body, how)).toMatchObject({ status: 200 });
  });

  const read = (path: string) =>
    fetch(`${sandbox.url}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const quality = `/v27.0/dataset_quality?dataset_id=${PIXEL}&fields=web{event_name}`;

  test('read the quality of their dataset, and not the pixel itself', async () => {
    await open(known);
    expect(await (await read(quality)).json()).toEqual({});
    const answer = await read(`/v27.0/${PIXEL}?fields=id`);
    expect([answer.status, await answer.json()]).toMatchObject([403, { error: { code: 200 } }]);
    expect((await read('/v27.0/dataset_quality?dataset_id=999')).status).toBe(400);
  });

  test('read what they were given permission for', async () => {
    await open(known);
    const grant = { pixel: PIXEL, managers: [TOKEN], sendOnly: [TOKEN] };
    await sandbox.request('POST', '/_sandbox/tokens', grant);
    expect(await (await read(`/v27.0/${PIXEL}?fields=id`)).json()).toEqual({ id: PIXEL });
    expect((await read(quality)).status).toBe(403);
    expect(await sandbox.post(sampleBody(1))).toMatchObject({ status: 200 });
  });

  test.each<[string, unknown, string | null]>([
    ['none', undefined, 'API calls from the server require an appsecret_proof argument'],
    ['another', 'f'.repeat(64), 'Invalid appsecret_proof provided in the API argument'],
    // echo -n a-token | openssl dgst -sha256 -hmac app-secret
    ['the right one', 'd4e619d0666d0001c656a6afc62876121ed2fd1ddc858214e8daee9ef2a31ab9', null],
  ])('of an app that requires a proof of its secret: %s', async (_, proof, message) => {
    await open(known);
    await sandbox.request('POST', '/_sandbox/tokens', { pixel: PIXEL, appSecret: 'app-secret' });
    const answer = await sandbox.post({ ...sampleBody(1), appsecret_proof: proof });
    if (message === null) expect(answer.status).toBe(200);
    else {
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({ error: { code: 100, message } });
    }
  });

  test('expire and are renewed while it runs', async () => {
    await open(known);
    await sandbox.request('POST', '/_sandbox/tokens', { pixel: PIXEL, expired: [TOKEN] });
    const expired = await sandbox.post(sampleBody(1));
    expect(expired.status).toBe(401);
    expect(expired.json).toMatchObject({ error: { code: 190, error_subcode: 463 } });
    expect(expired.headers.get('www-authenticate')).toContain('invalid_token');
    await sandbox.request('POST', '/_sandbox/tokens', { pixel: PIXEL, tokens: ['new'] });
    expect(await sandbox.post(sampleBody(1), { token: 'new' })).toMatchObject({ status: 200 });
  });

  test('any will do without a list, until one is given for the pixel', async () => {
    await open();
    expect(await sandbox.post(sampleBody(1), { token: 'any' })).toMatchObject({ status: 200 });
    await sandbox.request('POST', '/_sandbox/tokens', { pixel: PIXEL, tokens: [TOKEN] });
    expect(await sandbox.post(sampleBody(1), { token: 'any' })).toMatchObject({ status: 401 });
    expect(await sandbox.post(sampleBody(1), { pixel: '2' })).toMatchObject({ status: 200 });
  });
});

describe('bodies', () => {
  const zipped = { headers: { 'content-encoding': 'gzip' } };

  test('may be compressed with gzip', async () => {
    await open();
    const answer = await sandbox.post(gzipSync(JSON.stringify(sampleBody(4))), zipped);
    expect(answer.json).toMatchObject({ events_received: 4 });
  });

  test('compressed ones are refused on demand', async () => {
    await open({ acceptGzip: false });
    const answer = await sandbox.post(gzipSync(JSON.stringify(sampleBody(4))), zipped);
    expect(answer).toMatchObject({ status: 415, json: { error: { code: 100 } } });
  });

  test.each<[string, number, unknown, PostOptions]>([
    ['no JSON', 400, '{"data":[', {}],
    ['damaged gzip', 400, 'not gzip', zipped],
    ['another encoding', 415, '{}', { headers: { 'content-encoding': 'br' } }],
    ['too many bytes', 413, JSON.stringify(sampleBody(100)), {}],
    ['too many bytes in few', 413, gzipSync(' '.repeat(100_000)), zipped],
  ])('%s', async (_, status, body, how) => {
    await open({ maxBodyBytes: 10_000 });
    expect(await sandbox.post(body, how)).toMatchObject({ status });
    expect(await sandbox.state()).toMatchObject({ accepted: 0, requests: { refused: 1 } });
  });
});

test('the options reach the validator', async () => {
  await open({ requireWebsiteContext: true, indexShown: 'always' });
  const answer = await sandbox.post({ data: [sampleEvent({ event_source_url: undefined })] });
  expect(answer.json).toMatchObject({
    error: { error_subcode: 2804019, message: "Invalid parameter: $['data'][0]" },
  });
});
