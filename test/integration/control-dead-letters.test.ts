import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Configuration } from '#config/configuration.ts';
import { Retention } from '#control/duties/retention.ts';
import { createLogger } from '#process/logger.ts';
import { connectForCommands, type Redis } from '#store/connection.ts';
import { readAudit } from '#store/status/audit.ts';
import { imbalance, readLedgers } from '#store/status/ledger.ts';
import { createStore } from '#store/store.ts';
import { TestControl } from '#test/support/control.ts';
import { eventually } from '#test/support/deadline.ts';
import { deadMessage, deadRecord, insertDeadLetters } from '#test/support/insert-dead-letters.ts';
import { uniqueName } from '#test/support/names.ts';

const BROKERS = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
const REDIS_URL = process.env['TEST_REDIS_URL'] ?? '';
const HOSTILE = '"><script>alert(1)</script>';
const USERS = [
  { name: 'ada', password: 'password-of-ada', role: 'operator' },
  { name: 'bob', password: 'password-of-bob' },
];
const ADA = { authorization: 'Bearer password-of-ada' };
const BOB = { authorization: 'Bearer password-of-bob' };

let control: TestControl;
let redis: Redis;

beforeAll(async () => {
  const options = { brokers: BROKERS, redisUrl: REDIS_URL, delivering: true };
  control = await TestControl.start({ ...options, control: { users: USERS, actions: true } });
  redis = connectForCommands(REDIS_URL, () => {});
  const horizon = Math.floor(Date.now() / 1000) + 2 * 86_400;
  const hostile = { eventName: HOSTILE, message: HOSTILE, refusal: null, horizon };
  const person = { email: 'jane@example.com', [HOSTILE]: HOSTILE };
  await insertDeadLetters(createStore(redis, control.prefix), control.sealer, [
    ...Array.from({ length: 60 }, (_, at) => deadRecord(at, '201')),
    deadRecord(100, '202', hostile),
    deadMessage(101, '203', {
      type: 'track',
      event: 'Order Completed',
      context: { traits: person },
    }),
  ]);
});

afterAll(async () => {
  await control.stop();
  await redis.quit();
});

const get = async (path: string, headers: Record<string, string> = ADA) =>
  (await control.ask(path, { headers })).text;

/** A page with what it takes to send its form: the cookie and the token. */
async function formOf(path: string, headers: Record<string, string> = ADA) {
  const answer = await control.ask(path, { headers });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  const token = /name="token" value="([^"]*)"/.exec(answer.text)?.[1] ?? '';
  return { headers: { ...headers, cookie }, token };
}

function nextOf(page: string): string {
  return /href="([^"]*)" rel="next"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
}

describe('dead letters', () => {
  test('by cause, with what to do', async () => {
    const text = await get('/dead-letters');
    expect(text).toContain('62 events of 3 causes');
    expect(text).toMatch(/61 of 62 can be replayed, as of \d\d:\d\d:\d\dZ/);
    expect(text).toContain('Check on the overview that the lane of the pixel is active again');
  });

  test('that pass a filter', async () => {
    expect(await get('/dead-letters?where=pixel:203')).toContain('1 event of 1 cause');
    expect(await get('/dead-letters?where=reason:nothing')).toContain('reason: takes one of');
    expect(await get('/dead-letters?where=event:Nothing')).toContain('No dead letter matches');
  });

  test('a page at a time', async () => {
    const first = await get('/dead-letters/events');
    const second = await get(nextOf(first));
    const ids = [first, second].map((page) =>
      [...page.matchAll(/events\/([\w.]+)"/g)].map(([, id]) => id),
    );
    expect(ids.map((each) => each.length)).toEqual([50, 12]);
    expect(new Set(ids.flat()).size).toBe(62);
    expect(second).not.toContain('rel="next"');
  });

  test('sorted by when they expire, or the oldest first', async () => {
    const idsOf = (page: string) => [...page.matchAll(/events\/([\w.]+)"/g)].map(([, id]) => id);
    const newest = idsOf(await get('/dead-letters/events?where=pixel:201,202'));
    const oldest = idsOf(await get('/dead-letters/events?where=pixel:201,202&sort=oldest'));
    expect(oldest.slice(0, 11).reverse()).toEqual(
      idsOf(await get(nextOf(await get('/dead-letters/events?where=pixel:201,202')))),
    );
    const soonest = await get('/dead-letters/events?sort=expires');
    expect(idsOf(soonest)).toHaveLength(50);
    expect(/<th scope="row"><a[^>]*>([\w ]+)/.exec(soonest)?.[1]).toBe('custom event ');
    expect(
      /<th scope="row"><a[^>]*>([\w ]+)/.exec(await get('/dead-letters/events'))?.[1],
    ).not.toBe('custom event ');
    expect(idsOf(await get(nextOf(soonest)))).toHaveLength(12);
    expect(newest).toHaveLength(50);
    const bad = await control.ask('/dead-letters/events?sort=expires&cursor=x', { headers: ADA });
    expect(bad.status).toBe(400);
  });

  test('selected rows become a filter for the page of an action', async () => {
    const names = [...(await get('/dead-letters')).matchAll(/name="(cause\.[\w-]{12})"/g)];
    expect(names).toHaveLength(3);
    const [first = '', second = ''] = names.map(([, name]) => name);
    const to = async (query: string) => {
      const answer = await control.ask(`/dead-letters/selected/${query}`, { headers: ADA });
      return answer.headers.get('location') ?? answer.status;
    };
    const path = String(await to(`purge?where=stage:worker&${first}=yes&${second}=yes`));
    expect(path).toMatch(/^\/purge\?where=stage%3Aworker\+cause%3A[\w-]{12}%2C[\w-]{12}$/);
    for (const name of [first, second]) {
      const cause = name.slice('cause.'.length);
      const shown = await get(`/dead-letters?where=cause:${cause}`);
      expect(shown).toContain('of 1 cause.');
      const listed = await get(`/dead-letters/events?where=cause:${cause}`);
      expect(listed).not.toContain('No dead letter matches');
    }
    expect(await to('show?id.abc.1=yes&id.%22x=yes')).toBe(
      '/dead-letters/events?where=id%3A%22abc.1%22%2C%22x%22',
    );
    expect(await to('replay')).toBe(400);
    expect(await to('__proto__?cause.x=yes')).toBe(404);
  });

  test.each([
    [
      'of an event that was to be sent',
      'pixel:201',
      'jane0@example.com',
      'em</span>: <span class="masked">',
    ],
    ['of a message', 'pixel:203', 'jane@example.com', 'email</span>: <span class="masked">'],
  ])('the payload %s is masked', async (_, where, secret, masked) => {
    const list = await get(`/dead-letters/events?where=${where}`);
    const last = [...list.matchAll(/events\/([\w.]+)"/g)].at(-1)?.[1];
    const text = await get(`/dead-letters/events/${last}`);
    expect(text).toContain(masked);
    expect(text).not.toContain(secret);
  });

  test('what others have written stays text', async () => {
    const pages = await Promise.all(
      [
        '/dead-letters',
        '/dead-letters/events',
        `/dead-letters?where=${encodeURIComponent(HOSTILE)}`,
      ].map((path) => get(path)),
    );
    const id = /events\/([\w.]+)">custom event #/.exec(pages[1] ?? '')?.[1];
    for (const page of [...pages, await get(`/dead-letters/events/${id}`)]) {
      expect(page).toContain('&lt;script&gt;alert(1)');
      expect(page).not.toContain('<script>');
    }
  });

  test('one that is gone', async () => {
    expect((await control.ask('/dead-letters/events/abc.1', { headers: ADA })).status).toBe(404);
  });
});

describe('nothing is done', () => {
  const start = { where: 'pixel:201' };

  test('for who may only look', async () => {
    const { headers, token } = await formOf('/replays', BOB);
    const answer = await control.ask('/replays', { headers, form: { ...start, token } });
    expect(answer.status).toBe(403);
    expect(await get('/dead-letters', BOB)).not.toContain('Plan a replay');
  });

  test.each([
    ['without a token', {}, ''],
    ['with another token', {}, 'x'],
    ['from another site', { 'sec-fetch-site': 'cross-site' }, null],
    ['from another origin', { origin: 'https://evil.example' }, null],
  ])('%s', async (_, extra, sent) => {
    const { headers, token } = await formOf('/replays/new?where=pixel:201');
    const form = { ...start, token: sent ?? token };
    const answer = await control.ask('/replays', { headers: { ...headers, ...extra }, form });
    expect(answer.status).toBe(403);
    expect(await get('/replays')).toContain('No replays yet.');
  });

  test('without a filter or the word for all', async () => {
    const { headers, token } = await formOf('/replays/new?all=yes');
    const { text } = await control.ask('/replays', { headers, form: { token } });
    expect(text).toContain('Enter a filter');
  });

  test('to more than were agreed to', async () => {
    const { headers, token } = await formOf('/purge?where=pixel:203');
    const form = { where: 'pixel:203', count: '2', token };
    expect((await control.ask('/purge', { headers, form })).text).toContain(
      'Nothing was purged: type 1',
    );
  });
});

test('a replay is planned, confirmed, carried on by control, and told of', async () => {
  const plan = '/replays/new?where=pixel:201&rate=500';
  expect(await get(plan)).toContain('<strong>60</strong> of 60 dead letters would be put back');
  const { headers, token } = await formOf(plan);
  const form = { where: 'pixel:201', rate: '500', reason: 'fixed', token };
  const begun = await control.ask('/replays', { headers, form });
  expect(begun.status).toBe(303);
  const path = begun.headers.get('location') ?? '';
  await eventually(async () => {
    const text = await get(path);
    expect(text).toContain('finished');
    expect(text).toContain('delivered 60');
    expect(text).toContain('<dd>fixed</dd>');
  });
  const late = await control.ask(`${path}/pause`, { headers, form: { token } });
  expect(late.status).toBe(409);
  const audit = await get('/audit');
  expect(audit).toContain('replay started');
  expect(audit).toContain('ada');
});

test('a replay is paused, goes on, and is cancelled; what was not put back stays dead', async () => {
  const letters = Array.from({ length: 30 }, (_, at) => deadRecord(200 + at, '202'));
  await insertDeadLetters(createStore(redis, control.prefix), control.sealer, letters);
  const where = 'pixel:202 reason:out_of_retries event:Lead';
  const { headers, token } = await formOf(`/replays/new?where=${encodeURIComponent(where)}`);
  const send = (path: string, form = {}) =>
    control.ask(path, { headers, form: { token, ...form } });
  const path = (await send('/replays', { where, rate: '2' })).headers.get('location') ?? '';
  const busy = await send('/replays', { where, rate: '2' });
  expect(busy.text).toContain('Another replay or purge is under way');
  const becomes = (state: string) =>
    eventually(async () => expect(await get(path)).toContain(`">${state}</span>`));
  for (const [action, state] of [
    ['pause', 'paused'],
    ['resume', 'running'],
    ['cancel', 'cancelled'],
  ] as const) {
    expect((await send(`${path}/${action}`)).status).toBe(303);
    await becomes(state);
  }
  expect((await send(`${path}/resume`)).status).toBe(409);
  const ledger = (await readLedgers(createStore(redis, control.prefix))).get('202');
  expect(ledger?.dead).toBeGreaterThan(20);
});

test('a purge writes down what it throws away, and the ledger counts it', async () => {
  const { headers, token } = await formOf('/purge?where=pixel:203');
  const form = { where: 'pixel:203', count: '1', reason: 'a test', token };
  const done = await control.ask('/purge', { headers, form });
  expect(done.headers.get('location')).toBe('/audit');
  const file = (await readdir(control.folder)).find((name) => name.endsWith('.ndjson')) ?? '';
  const line = await readFile(join(control.folder, file), 'utf8');
  expect(line).toContain('"reason":"missing_value"');
  expect(line).not.toContain('jane@');
  const ledgers = await readLedgers(createStore(redis, control.prefix));
  expect(ledgers.get('203')).toMatchObject({ dead: 0, purged: 1 });
  expect([...ledgers.values()].map(imbalance)).toEqual([0, 0, 0, 0]);
});

describe('a bulk edit', () => {
  const where = 'pixel:203 reason:missing_value';
  const ask = { where, set: 'properties.revenue=@properties.total\r\n', unset: '' };

  test('is planned, confirmed by who may, and audited', async () => {
    const order = (at: number) => ({
      ...{ type: 'track', event: 'Order Completed', messageId: `order-${at}` },
      timestamp: new Date().toISOString(),
      properties: { currency: 'EUR', coupon: 'jane@example.com', ...(at > 300 && { total: at }) },
      context: { traits: { email: 'jane@example.com' } },
    });
    const letters = [300, 301, 302].map((at) => deadMessage(at, '203', order(at)));
    await insertDeadLetters(createStore(redis, control.prefix), control.sealer, letters);
    expect(await get('/dead-letters')).toContain('/dead-letters/edit?where=reason');
    expect(await get('/dead-letters', BOB)).not.toContain('/dead-letters/edit');
    const path = '/dead-letters/edit';
    const { headers, token } = await formOf(`${path}?where=${encodeURIComponent(where)}`);
    const send = (form: Record<string, string>, more = headers) =>
      control.ask(path, { headers: more, form: { token, ...form } });
    const plan = (await send(ask)).text;
    expect(plan).toContain('<strong>2</strong> of 3 dead letters would change');
    expect(plan).toContain('properties.total: 1');
    expect(plan).toContain('+ properties.revenue: 301');
    expect(plan).toContain('A replay after the edit: 2 would be delivered');
    expect(plan).not.toContain('jane@');
    const other = await formOf(path, BOB);
    const asBob = { ...ask, token: other.token, confirm: 'yes', changes: '2' };
    expect((await control.ask(path, { headers: other.headers, form: asBob })).status).toBe(403);
    const agreed = { ...ask, confirm: 'yes', changes: '2' };
    expect((await send({ ...agreed, token: 'x' })).status).toBe(403);
    expect((await send({ ...agreed, changes: '3' })).text).toContain('Nothing was changed');
    expect((await send(ask)).text).toContain('<strong>2</strong> of 3');
    const done = (await send({ ...agreed, reason: 'total is the value' })).text;
    expect(done).toContain('2 dead letters changed');
    expect(done).toContain('Plan a replay');
    expect((await send(ask)).text).toContain('<strong>0</strong> of 3');
    const audit = await get('/audit');
    for (const words of ['edit started', 'edit finished', 'total is the value', 'ada']) {
      expect(audit).toContain(words);
    }
    expect(audit).not.toContain('originals');
  });

  test.each([
    ['no filter', { where: '' }, 'Enter a filter'],
    ['no JSON', { set: 'properties.a=EUR' }, 'is no JSON'],
    ['__proto__', { set: '__proto__.a=1' }, 'is no place'],
    ['nothing to do', { set: '' }, 'at least one place'],
    ['a canary that is none', { canary: 'x' }, 'The canary must be'],
    ['a filter that is none', { where: 'x:1' }, 'there is no field'],
    ['hostile text', { set: `${HOSTILE}=${HOSTILE}` }, '&lt;script&gt;'],
  ])('is refused for %s', async (_, change, problem) => {
    const { headers, token } = await formOf('/dead-letters/edit');
    const form = { ...ask, ...change, token, confirm: 'yes', changes: '1' };
    const { text } = await control.ask('/dead-letters/edit', { headers, form });
    expect(text).toContain(problem);
    expect(text).not.toContain('<script>alert');
  });
});

test('a cause is acknowledged, demands action again when it changes, and is reopened', async () => {
  const store = createStore(redis, control.prefix);
  const soon = { horizon: Math.floor(Date.now() / 1000) + 3600, eventName: 'Known cause' };
  const dies = (at: number) =>
    insertDeadLetters(store, control.sealer, [
      deadRecord(at, '203', { ...soon, reason: 'crashed_worker', message: 'known', refusal: null }),
    ]);
  await dies(400);
  const demand = '1 dead letter expires within 24 hours';
  expect(await get('/')).toContain(demand);
  const where = 'reason:crashed_worker pixel:203';
  const path = '/dead-letters/acknowledge';
  const query = `?where=${encodeURIComponent(where)}`;
  const { headers, token } = await formOf(path + query);
  const send = (to: string, form: Record<string, string>, more = headers) =>
    control.ask(to, { headers: more, form: { token, where, ...form } });
  const bob = await formOf(path + query, BOB);
  expect((await control.ask(path + query, { headers: BOB })).text).not.toContain('<form');
  expect((await send(path, { token: bob.token }, bob.headers)).status).toBe(403);
  expect((await send(path, { token: 'x' })).status).toBe(403);
  expect((await send(path, { for: '__proto__' })).status).toBe(400);
  expect((await send(path, { where: 'event:Lead' })).text).toContain('whole causes');
  expect((await send(path, { where: '' })).text).toContain('whole causes');
  expect(await get('/')).toContain(demand);
  expect((await send(path, { for: '3d', reason: HOSTILE })).status).toBe(303);
  expect(await get('/')).not.toContain(demand);
  const shown = await get(`/dead-letters${query}`);
  expect(shown).toContain('Acknowledged by ada');
  expect(shown).toContain('for 2 d 23 h, or until it changes');
  expect(shown).not.toContain(HOSTILE);
  await dies(401);
  expect(await get('/')).toContain('2 dead letters expire within 24 hours');
  expect((await send(path, { for: '' })).status).toBe(303);
  expect(await get('/')).not.toContain('expire within 24 hours');
  expect((await send('/dead-letters/reopen', {})).status).toBe(303);
  expect(await get('/')).toContain('2 dead letters expire within 24 hours');
  expect(await get('/audit')).toMatch(/cause reopened[\s\S]*cause acknowledged/);
});

test('what can no longer be sent is purged after its time, with a backup and an account', async () => {
  const store = { ...createStore(redis, `{${uniqueName('retention')}}`), sealer: control.sealer };
  const [now, day] = [Date.now(), 86_400_000];
  const letter = (at: number, diedDaysAgo: number, leftDays: number) => ({
    ...deadRecord(at, '201', {
      diedAt: now - diedDaysAgo * day,
      horizon: Math.floor((now + leftDays * day) / 1000),
    }),
  });
  const letters = [
    letter(500, 3, -2),
    letter(501, 4, -1),
    letter(502, 0.5, -0.2),
    letter(503, 9, 1),
  ];
  await insertDeadLetters(store, control.sealer, letters);
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-retention-'));
  let [days, at]: [number | null, number] = [null, now];
  const settings = {
    get deadLetters() {
      return { topic: null, purgeExpiredAfterDays: days };
    },
    control: { backupFolder: folder },
  };
  const configuration = () => settings as unknown as Configuration;
  const logger = createLogger('control', 'error');
  const retention = new Retention({ store, configuration, logger, now: () => at });
  expect(await retention.look()).toBe(0);
  days = 2;
  await redis.set(store.keys.replayLock, 'a replay', 'PX', 600_000);
  expect(await retention.look()).toBe(0);
  await redis.del(store.keys.replayLock);
  expect(await retention.look()).toBe(0);
  at += 60_000;
  expect(await retention.look()).toBe(2);
  const files = (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8'));
  expect(files).toHaveLength(1);
  const lines = (await Promise.all(files)).join('').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).kafka.offset).sort()).toEqual([500, 501]);
  const ledger = (await readLedgers(store)).get('201');
  expect([ledger?.dead, ledger?.purged]).toEqual([2, 2]);
  const [last] = await readAudit(store, 1);
  expect(last).toMatchObject({
    by: 'retention',
    action: 'purge_finished',
    where: 'expires:past until:2d',
  });
  await insertDeadLetters(store, control.sealer, [letter(504, 3, -2)]);
  expect(await retention.look()).toBe(0);
  at += 3_600_000;
  expect(await retention.look()).toBe(1);
  await rm(folder, { recursive: true });
});

test('an operator pauses a lane and resumes it, and a viewer cannot', async () => {
  const { headers, token } = await formOf('/lanes/203');
  const form = { token, reason: HOSTILE };
  const seen = await formOf('/lanes/203', BOB);
  expect(await get('/lanes/203', BOB)).not.toContain('<form');
  const refused = { headers: seen.headers, form: { token: seen.token, reason: '' } };
  expect((await control.ask('/lanes/203/pause', refused)).status).toBe(403);
  const forged = { headers, form: { token: 'forged', reason: '' } };
  expect((await control.ask('/lanes/203/pause', forged)).status).toBe(403);
  expect(await get('/lanes/203')).toContain('The lane is active');
  const done = await control.ask('/lanes/203/pause', { headers, form });
  expect([done.status, done.headers.get('location')]).toEqual([303, '/lanes/203']);
  for (const path of ['/lanes/203', '/']) {
    const text = await get(path);
    expect(text).toMatch(
      /paused by ada since \d{4}-\d\d-\d\d \d\d:\d\d UTC: &quot;&gt;&lt;script&gt;/,
    );
    expect(text).not.toContain(HOSTILE);
  }
  const again = await control.ask('/lanes/203/pause', { headers, form });
  expect([again.status, again.text.includes('is already paused by ada')]).toEqual([409, true]);
  expect((await control.ask('/lanes/203/probe', { headers, form })).status).toBe(409);
  expect((await control.ask('/lanes/__proto__/pause', { headers, form })).status).toBe(404);
  expect((await control.ask('/lanes/999')).status).toBe(401);
  expect((await control.ask('/lanes/999', { headers })).status).toBe(404);
  expect((await control.ask('/lanes/203/resume', { headers, form: { token } })).status).toBe(303);
  expect(await get('/lanes/203')).toContain('The lane is active');
  expect(await get('/audit')).toMatch(/lane resumed[\s\S]*lane paused/);
});
