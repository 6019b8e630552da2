import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseShorthand } from '#sandbox/options.ts';
import { eventually, openSandbox, PIXEL, type SandboxClient } from './client.ts';
import { sampleBody } from './sample-event.ts';

type Behaviour = Record<string, unknown>;

let sandbox: SandboxClient;
beforeEach(async () => {
  sandbox = await openSandbox();
});
afterEach(() => sandbox.close());

describe('answers in place of the truth, with nothing taken', () => {
  test.each<[Behaviour, number, Record<string, unknown> | null]>([
    [{ kind: 'status' }, 500, { code: 1, is_transient: false }],
    [{ kind: 'status', status: 503, body: 'html' }, 503, null],
    [{ kind: 'status', status: 502, body: 'empty' }, 502, null],
    [{ kind: 'status', status: 200, body: 'html' }, 200, null],
    [{ kind: 'status', status: 400, code: 100, subcode: 2804007 }, 400, { error_subcode: 2804007 }],
    [{ kind: 'status', when: 'before_reading' }, 500, { code: 1 }],
    [{ kind: 'throttle' }, 400, { code: 80004 }],
    [{ kind: 'throttle', code: 4 }, 400, { code: 4, error_subcode: 1504022 }],
    [{ kind: 'throttle', status: 429, code: 613 }, 429, { code: 613 }],
    [{ kind: 'token_expired' }, 401, { code: 190, error_subcode: 463 }],
    [{ kind: 'permission' }, 403, { code: 200 }],
    [{ kind: 'transient' }, 500, { code: 2, is_transient: true }],
    [{ kind: 'transient', status: 400, code: 77 }, 400, { code: 77, is_transient: true }],
    [{ kind: 'too_large', maxEvents: 2 }, 413, null],
    [{ kind: 'too_large', maxBytes: 100, status: 400 }, 400, null],
  ])('%j', async (behaviour, status, error) => {
    expect(await sandbox.behave(behaviour)).toMatchObject({ status: 200 });
    const answer = await sandbox.post(sampleBody(3));
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual(error === null ? null : { error: expect.objectContaining(error) });
    expect(await sandbox.state()).toMatchObject({
      accepted: 0,
      requests: { refused: 1, unanswered: 0 },
      behaved: { [`${behaviour['kind']}`]: 1 },
    });
  });

  test('a throttle says when access is regained', async () => {
    await sandbox.behave({ kind: 'throttle', regainMinutes: 7, retryAfterSeconds: 30 });
    const { headers } = await sandbox.post(sampleBody(1));
    expect(headers.get('retry-after')).toBe('30');
    expect(JSON.parse(headers.get('x-business-use-case-usage') ?? '')).toMatchObject({
      [PIXEL]: [{ call_count: 100, estimated_time_to_regain_access: 7 }],
    });
  });
});

describe('whether the events were taken is certain', () => {
  test.each<[Behaviour, number]>([
    [{ kind: 'reset', when: 'before_reading' }, 0],
    [{ kind: 'reset' }, 0],
    [{ kind: 'reset', when: 'after_accepting' }, 3],
    [{ kind: 'truncate' }, 3],
    [{ kind: 'truncate', keep: 0, when: 'before_judging' }, 0],
    [{ kind: 'truncate', keep: 1 }, 3],
  ])('%j breaks the connection', async (behaviour, accepted) => {
    await sandbox.behave(behaviour);
    await expect(sandbox.post(sampleBody(3))).rejects.toThrow();
    const state = await eventually(
      () => sandbox.state(),
      ({ requests }) => (requests as Record<string, number>)['inFlight'] === 0,
    );
    expect(state).toMatchObject({
      accepted,
      unansweredEvents: accepted,
      requests: { accepted: accepted === 0 ? 0 : 1, unanswered: accepted === 0 ? 0 : 1 },
    });
  });

  test.each<[string, number]>([
    ['before_reading', 0],
    ['before_judging', 0],
    ['after_accepting', 3],
  ])('hanging %s', async (when, accepted) => {
    await sandbox.behave({ kind: 'hang', when });
    const abort = new AbortController();
    const posted = sandbox.post(sampleBody(3), { signal: abort.signal });
    posted.catch(() => undefined);
    await eventually(
      () => sandbox.state(),
      ({ behaved }) => (behaved as Record<string, number> | undefined)?.['hang'] === 1,
    );
    abort.abort();
    await expect(posted).rejects.toThrow();
    const state = await eventually(
      () => sandbox.state(),
      ({ requests }) => (requests as Record<string, number>)['inFlight'] === 0,
    );
    expect(state).toMatchObject({ accepted, unansweredEvents: accepted });
  });

  test('an error after accepting is a lie', async () => {
    await sandbox.behave({ kind: 'status', when: 'after_accepting' });
    expect(await sandbox.post(sampleBody(3))).toMatchObject({ status: 500 });
    const state = await eventually(
      () => sandbox.state(),
      ({ requests }) => (requests as Record<string, number>)['inFlight'] === 0,
    );
    expect(state).toMatchObject({
      accepted: 3,
      unansweredEvents: 3,
      requests: { accepted: 1, refused: 0, unanswered: 1 },
    });
  });

  test('an oversized answer is true and long', async () => {
    await sandbox.behave({ kind: 'oversized', bytes: 100_000 });
    const answer = await sandbox.post(sampleBody(3));
    expect(answer.json).toMatchObject({ events_received: 3 });
    expect(answer.text.length).toBeGreaterThan(100_000);
    expect(await sandbox.state()).toMatchObject({ accepted: 3 });
  });

  test('a delayed answer is only late', async () => {
    await sandbox.behave({ kind: 'delay', ms: [1, 5] });
    await sandbox.behave({ kind: 'delay', ms: 1, when: 'after_accepting' });
    expect(await sandbox.post(sampleBody(3))).toMatchObject({ status: 200 });
    expect(await sandbox.state()).toMatchObject({ accepted: 3, behaved: { delay: 2 } });
  });
});

describe('refused events', () => {
  test.each<[Behaviour, string]>([
    [{ eventId: ['e2', 'e7'] }, "Invalid parameter: $['data'][2]"],
    [{ eventName: 'ViewContent', index: 4, message: 'No.' }, "No.: $['data'][4]"],
    [{ index: [5, 3], named: false, subcode: 2804048 }, 'Invalid parameter'],
  ])('%j', async (fields, message) => {
    await sandbox.behave({ kind: 'reject_event', ...fields });
    const answer = await sandbox.post(sampleBody(10));
    expect(answer).toMatchObject({ status: 400, json: { error: { code: 100, message } } });
    expect(await sandbox.state()).toMatchObject({ accepted: 0, refusedEvents: 10 });
    expect(await sandbox.post({ data: sampleBody(10).data.slice(0, 2) })).toMatchObject({
      status: 200,
    });
  });

  test('the index can be hidden, or always shown', async () => {
    await sandbox.behave({ kind: 'reject_event', eventId: 'e1' });
    await sandbox.behave({ kind: 'index', shown: 'never' });
    expect((await sandbox.post(sampleBody(2))).json).toMatchObject({
      error: { message: 'Invalid parameter' },
    });
  });
});

describe('usage', () => {
  test('is shown on request', async () => {
    await sandbox.behave({ kind: 'usage', callCount: 95, regainMinutes: 2 });
    const { status, headers } = await sandbox.post(sampleBody(1));
    expect(status).toBe(200);
    expect(headers.get('x-app-usage')).toContain('"call_count":95');
    expect(headers.get('x-business-use-case-usage')).toContain(
      '"estimated_time_to_regain_access":2',
    );
  });
});

describe('which requests they meet', () => {
  test('those of their pixel, a given number of times, until they are removed', async () => {
    await sandbox.behave({ pixel: PIXEL, kind: 'status', times: 2 });
    const added = await sandbox.behave({ pixel: '7', kind: 'permission' });
    const statuses = [];
    for (let at = 0; at < 3; at++) statuses.push((await sandbox.post(sampleBody(1))).status);
    expect(statuses).toEqual([500, 500, 200]);
    expect(await sandbox.post(sampleBody(1), { pixel: '7' })).toMatchObject({ status: 403 });
    const [id] = (added.json as { ids: string[] }).ids;
    const removed = await sandbox.request('DELETE', `/_sandbox/behaviour?id=${id}`);
    expect(removed.json).toEqual({ removed: 1 });
    expect(await sandbox.post(sampleBody(1), { pixel: '7' })).toMatchObject({ status: 200 });
    expect((await sandbox.request('GET', '/_sandbox/behaviour')).json).toEqual([
      expect.objectContaining({ kind: 'status', times: 2, left: 0, acted: 2 }),
    ]);
  });

  test('by chance', async () => {
    await sandbox.close();
    const draws = [0.1, 0.9, 0.2];
    sandbox = await openSandbox({ random: () => draws.shift() ?? 1 });
    await sandbox.behave({ kind: 'status', probability: 0.5 });
    const statuses = [];
    for (let at = 0; at < 4; at++) statuses.push((await sandbox.post(sampleBody(1))).status);
    expect(statuses).toEqual([500, 200, 500, 200]);
  });

  test('several act in order', async () => {
    await sandbox.behave({ kind: 'delay', ms: 0 });
    await sandbox.behave({ kind: 'permission', times: 1 });
    await sandbox.behave({ kind: 'transient' });
    expect(await sandbox.post(sampleBody(1))).toMatchObject({ status: 403 });
    expect(await sandbox.post(sampleBody(1))).toMatchObject({ status: 500 });
    expect(await sandbox.state()).toMatchObject({
      behaved: { delay: 2, permission: 1, transient: 1 },
    });
  });
});

describe('what is wrong with a behaviour is said', () => {
  test.each<[unknown, string]>([
    [{ kind: 'explode' }, 'kind must be one of delay, hang'],
    [{ kind: 'constructor' }, 'kind must be one of delay, hang'],
    [{ kind: 'status', status: 99 }, 'status must be a number from 200 to 599'],
    [{ kind: 'hang', when: 'never' }, 'when must be one of before_reading'],
    [{ kind: 'reset', ms: 5 }, 'ms is not a field of this kind'],
    [{ kind: 'delay', ms: [5, 1] }, 'ms must be a number of zero or more'],
    [{ kind: 'reject_event' }, 'reject_event needs eventId, eventName or index'],
    [{ kind: 'too_large' }, 'too_large needs maxEvents or maxBytes'],
    [{ kind: 'status', probability: 2, times: 0.5 }, 'probability must be'],
    ['status', 'a behaviour is a JSON object'],
  ])('%j', async (behaviour, problem) => {
    const answer = await sandbox.request('POST', '/_sandbox/behaviour', behaviour);
    expect(answer.status).toBe(400);
    expect(answer.json?.['error']).toContain(problem);
  });
});

describe('as a flag', () => {
  test.each<[string, Behaviour]>([
    [
      '123=status,status:503,probability:0.2,times:10',
      { pixel: '123', kind: 'status', probability: 0.2, times: 10 },
    ],
    [
      '*=delay,ms:50-200',
      { pixel: '*', action: { do: 'wait', stage: 'before_judging', ms: [50, 200] } },
    ],
    ['*={"kind":"hang"}', { action: { do: 'hang', stage: 'before_judging' } }],
    ['9=transient,transient:false', { pixel: '9', kind: 'transient' }],
  ])('%s', (text, behaviour) => {
    expect(parseShorthand(text)).toMatchObject(behaviour);
  });

  test.each([['status'], ['1=nothing'], ['1=status,foo:1'], ['1={']])('%s is refused', (text) => {
    expect(() => parseShorthand(text)).toThrow();
  });
});
