import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Configuration } from '#config/configuration.ts';
import { loadConfiguration } from '#config/load.ts';
import { QualityDuty } from '#control/duties/quality.ts';
import type { QualityAnswer } from '#core/quality/dataset-quality.ts';
import { dayOf } from '#core/quality/record.ts';
import { SentFieldsRecorder } from '#ingest/sent-fields.ts';
import { relayCommand } from '#local/relay-process.ts';
import { connectForCommands, type Redis } from '#store/connection.ts';
import { addSentFields, readSentFields } from '#store/intake/sent-fields.ts';
import { RedisWork } from '#store/redis-fault.ts';
import { readQuality } from '#store/status/quality.ts';
import { createStore, type Store } from '#store/store.ts';
import { commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { eventQuality } from '#test/support/event-quality.ts';
import { Fleet, PIXELS, SOURCES, TOKEN } from '#test/support/fleet.ts';
import { inRepository } from '#test/support/in-repository.ts';
import { LimitedUser } from '#test/support/limited-user.ts';
import { uniqueName } from '#test/support/names.ts';
import { settled } from '#test/support/settled.ts';
import { trackEvent } from '#test/support/track-event.ts';

const BROKERS = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
const REDIS_URL = process.env['TEST_REDIS_URL'] ?? '';
const [PIXEL = '', REFUSED = ''] = PIXELS;

const run = promisify(execFile);

/** Two orders for each pixel, of a customer with an IPv4 address: what Meta finds depends on nothing else. */
const ORDERS = SOURCES.flatMap((source) =>
  [1, 2].map((n) => {
    const event = trackEvent({
      messageId: `${source}-${n}`,
      timestamp: new Date().toISOString(),
      context: { source },
    });
    return { key: source, value: Buffer.from(JSON.stringify(event)) };
  }),
);

describe('a fleet', () => {
  let fleet: Fleet;
  let url: string;
  beforeAll(async () => {
    const quality = { enabled: true, ignoredDiagnostics: [] };
    const sandboxArgs = ['--pixels', PIXELS.map((pixelId) => `${pixelId}:${TOKEN}`).join()];
    const sections = { control: { port: 0, quality }, metrics: { detailedPixels: [PIXEL] } };
    const servers = { brokers: BROKERS, redisUrl: REDIS_URL };
    // An answer that came too late would be asked for again after an hour.
    fleet = await Fleet.prepare({ ...servers, sandboxArgs, sections, graphTimeoutMs: 120_000 });
    const [ingest] = await Promise.all([fleet.start('ingest'), fleet.start('worker')]);
    await fleet.send(ORDERS);
    await settled(fleet, ORDERS.length);
    // What was counted goes to Redis with the stop, at the latest.
    await ingest.stop();
    await fleet.tell('tokens', { pixel: REFUSED, expired: [TOKEN] });
    ({ url } = await fleet.start('control'));
  });
  afterAll(() => fleet.stop());

  const get = async (path: string) => (await fetch(url + path)).text();

  test('serves what Meta says as metrics, and the reason where it says nothing', async () => {
    await eventually(async () => {
      const page = await get('/metrics');
      expect(page).toContain(
        `capi_quality_event_match_score{pixel="${PIXEL}",event_name="Purchase"} 10\n`,
      );
      expect(page).toContain(
        `match_key_coverage_ratio{pixel="${PIXEL}",event_name="Purchase",key="email"} 1\n`,
      );
      expect(page).toContain(
        `capi_quality_event_coverage_ratio{pixel="${PIXEL}",event_name="Purchase"} 1\n`,
      );
      expect(page).toContain(`capi_quality_failing{pixel="${PIXEL}"} 0\n`);
      expect(page).toContain(`capi_quality_failing{pixel="${REFUSED}"} 1\n`);
      expect(page).toContain(`capi_quality_requests_total{pixel="other",outcome="refused"} 1\n`);
      expect(page).toContain(
        `capi_quality_diagnostics{pixel="${PIXEL}",event_name="Purchase",severity="critical"} 1\n`,
      );
    });
  });

  test('shows on its page Meta beside what was queued', async () => {
    const page = await get('/quality');
    expect(page).toContain(`aria-current="page">Quality`);
    expect(page).toMatch(/we queued [\d,]+ events in the last 7 days/);
    expect(page).toContain('<th scope="row">Purchase</th>');
    expect(page).toContain('Create a new access token');
    expect(page).not.toContain(TOKEN);
  });

  test('and so does the command, from what is stored', async () => {
    const { command, args } = relayCommand('cli/quality/main.ts');
    const flags = ['--config', fleet.configuration, '--json', '--pixel', PIXEL];
    const { stdout } = await run(command, [...args, ...flags]);
    const { pixels } = JSON.parse(stdout) as { pixels: { sent: object; sentEvents: number }[] };
    expect(pixels[0]).toMatchObject({
      pixelId: PIXEL,
      failure: null,
      asOf: expect.any(Number),
      events: expect.arrayContaining([expect.objectContaining({ eventName: 'Purchase' })]),
    });
    const accepted = await (await fetch(`${fleet.sandbox.url}/_sandbox/state`)).json();
    const { pixels: states } = accepted as { pixels: Record<string, { accepted: number }> };
    expect(pixels[0]?.sentEvents).toBe(states[PIXEL]?.accepted);
    expect(pixels[0]?.sent).toMatchObject({ em: expect.any(Number), external_id: 1 });
  });

  test('which names what its user of Redis may not do', async () => {
    const user = await LimitedUser.connect(REDIS_URL);
    await user.allow('-mget');
    const env = { ...process.env, REDIS_URL: user.url };
    const failed = await commandHere('quality', ['--config', fleet.configuration], { env });
    await user.remove();
    expect(failed).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /Redis cannot be read \(NOPERM .*'mget'.*\): run capi-relay check/,
      ),
    });
  });

  test('logs a refusal once, and delivers all the same', async () => {
    const log = fleet.processes.at(-1)?.log() ?? '';
    expect(log.split('Meta does not tell the quality').length - 1).toBe(1);
    expect(log).not.toContain(TOKEN);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });
});

describe('the duty', () => {
  let redis: Redis;
  let store: Store;
  let base: Configuration;
  beforeAll(async () => {
    redis = connectForCommands(REDIS_URL, () => {});
    base = await loadConfiguration(inRepository('deploy/capi-relay.sample.yaml'), {
      CAPI_RELAY_SEALING_KEY: Buffer.alloc(32).toString('base64'),
      CAPI_RELAY_ACCESS_TOKEN: 'duty-token',
    });
  });
  afterAll(() => redis.quit());

  /** A duty over some pixels that gets these answers in turn, and what it asked for. */
  function dutyOf(
    pixelIds: readonly string[],
    answers: readonly QualityAnswer[],
    onAsk = (): void => {},
  ) {
    const asked: string[] = [];
    const faults: string[] = [];
    const left = [...answers];
    const [pixel] = base.pixels;
    if (pixel === undefined) throw new Error('the sample has no pixel');
    const configuration = {
      ...base,
      pixels: pixelIds.map((pixelId) => ({ ...pixel, pixelId, accessToken: `token-${pixelId}` })),
    };
    const duty = new QualityDuty({
      store,
      client: {
        async ask({ pixelId }) {
          asked.push(pixelId);
          onAsk();
          return left.shift() ?? { ok: true, events: [] };
        },
        close() {},
      },
      work: new RedisWork({
        onFailure: (operation, fault) => void faults.push(`${operation} ${fault}`),
      }),
      configuration: () => configuration,
      metrics: { qualityRequests: { inc: () => {} } as never, detailOf: (pixel) => pixel },
      logger: { info: () => {}, warn: () => {} } as never,
    });
    return { duty, asked, faults };
  }

  const terms = () => new AbortController();
  const newStore = (): void => {
    store = createStore(redis, `{${uniqueName('quality')}}`);
  };
  const answered: QualityAnswer = { ok: true, events: [eventQuality({ eventName: '__proto__' })] };
  const refused: QualityAnswer = {
    ok: false,
    failure: { kind: 'refused', code: 10, subcode: null, message: 'no', waitMs: null },
  };

  const hanging: QualityAnswer = {
    ok: false,
    failure: {
      kind: 'unavailable',
      code: null,
      subcode: null,
      message: 'no answer: timeout',
      waitMs: null,
    },
  };

  test('asks for one pixel a look, and for each once', async () => {
    newStore();
    const { duty, asked } = dutyOf(['1', '2', '3'], []);
    const { signal } = terms();
    for (const expected of [['1'], ['1', '2'], ['1', '2', '3'], ['1', '2', '3']]) {
      await duty.look(signal);
      expect(asked).toEqual(expected);
    }
  });

  test('of a thousand pixels each has its turn, whatever Meta says of the others', async () => {
    newStore();
    const read = jest.spyOn(redis, 'mget');
    const pixels = Array.from({ length: 1000 }, (_, at) => String(at + 1));
    const answers = pixels.map((_, at) => [answered, refused, hanging][at % 3] ?? answered);
    const { duty, asked, faults } = dutyOf(pixels, answers);
    const { signal } = terms();
    for (let look = 1; look <= 1002; look += 1) {
      await duty.look(signal);
      expect(asked).toHaveLength(Math.min(look, 1000));
    }
    expect([new Set(asked).size, faults]).toEqual([1000, []]);
    const next = dutyOf(pixels, []);
    await next.duty.look(terms().signal);
    expect(next.asked).toEqual([]);
    expect(next.duty.known().size).toBe(1000);
    // No step of Redis, and no pause of this process, is longer for it.
    expect(Math.max(...read.mock.calls.map((keys) => keys.length))).toBe(50);
    read.mockRestore();
  });

  test('the next process goes on with what this one stored', async () => {
    newStore();
    await dutyOf(['1'], [answered]).duty.look(terms().signal);
    const next = dutyOf(['1', '2'], [refused]);
    const { signal } = terms();
    await next.duty.look(signal);
    await next.duty.look(signal);
    expect(next.asked).toEqual(['2']);
    expect(next.duty.known().get('1')?.events).toEqual(answered.ok && answered.events);
    expect((await readQuality(store, ['1', '2'])).get('2')).toMatchObject({
      answeredAt: null,
      failure: { code: 10 },
    });
  });

  test('an answer that comes after the term is left to the next process', async () => {
    newStore();
    const term = terms();
    const { duty, asked } = dutyOf(['1'], [answered], () => term.abort());
    await duty.look(term.signal);
    expect(asked).toEqual(['1']);
    expect(await readQuality(store, ['1'])).toEqual(new Map());
  });

  test.each([
    ['damaged', '{"askedAt":1,'],
    ['of another form', '{"askedAt":"soon","events":{}}'],
  ])('what is stored and %s is asked for again', async (_, text) => {
    newStore();
    await redis.set(store.keys.quality('1'), text);
    const { duty, asked } = dutyOf(['1'], [answered]);
    await duty.look(terms().signal);
    expect(asked).toEqual(['1']);
    expect((await readQuality(store, ['1'])).get('1')?.events).toHaveLength(1);
  });

  test('a Redis that refuses is noted, and Meta is not asked each second because of it', async () => {
    newStore();
    const { duty, asked, faults } = dutyOf(['1'], [answered]);
    const { signal } = terms();
    await duty.look(signal);
    const broken = dutyOf(['1'], [answered, answered]);
    await redis.del(store.keys.quality('1'));
    const set = redis.set.bind(redis);
    redis.set = (() => Promise.reject(new Error('READONLY'))) as never;
    await broken.duty.look(signal);
    await broken.duty.look(signal);
    redis.set = set;
    expect([asked, faults]).toEqual([['1'], []]);
    expect(broken.asked).toEqual(['1']);
    expect(broken.faults).toHaveLength(1);
    expect(broken.duty.known().get('1')?.events).toHaveLength(1);
  });
});

describe('what was queued', () => {
  let redis: Redis;
  let store: Store;
  beforeAll(() => {
    redis = connectForCommands(REDIS_URL, () => {});
    store = createStore(redis, `{${uniqueName('sent')}}`);
  });
  afterAll(() => redis.quit());
  const now = Date.now();
  const today = dayOf(now);
  const counts = (events: number, em: number) =>
    new Map([['1', { events, fields: new Map([['em', em]]) }]]);

  test('is summed up over seven days, and then forgotten', async () => {
    await addSentFields(store, today, counts(10, 4));
    await addSentFields(store, today, counts(10, 4));
    await addSentFields(store, today - 6, counts(5, 1));
    await addSentFields(store, today - 7, counts(1000, 0));
    const found = await readSentFields(store, today, ['1', '2']);
    expect(found.get('1')).toEqual({ events: 25, fields: new Map([['em', 9]]) });
    expect(found.get('2')).toEqual({ events: 0, fields: new Map() });
    expect(await redis.pttl(store.keys.sentFields('1', today))).toBeGreaterThan(0);
  });

  /** What a recorder has counted, on a connection that can be replaced. */
  function recording(through: Redis) {
    const faults: string[] = [];
    const work = new RedisWork({ onFailure: (_, fault) => void faults.push(fault) });
    const own = { keys: store.keys, redis: through };
    const recorder = new SentFieldsRecorder(own, work, () => now);
    recorder.enqueued('3', 7);
    recorder.carried('3', 'em', 3);
    recorder.enqueued('4', 1);
    return { recorder, own, faults, work };
  }
  const read = async (pixelId: string) =>
    (await readSentFields(store, today, [pixelId])).get(pixelId);

  test('is added the next time where Redis was away', async () => {
    const away = connectForCommands(REDIS_URL, () => {});
    away.disconnect();
    const { recorder, own, faults, work } = recording(away);
    await recorder.write();
    expect([faults, work.fault()]).toEqual([['connection'], null]);
    own.redis = redis;
    await recorder.stop();
    expect(await read('3')).toEqual({ events: 7, fields: new Map([['em', 3]]) });
    expect((await read('4'))?.events).toBe(1);
  });

  test('is not added twice where Redis refused a part of it', async () => {
    const before = (await read('4'))?.events ?? 0;
    await redis.set(store.keys.sentFields('3', today), 'not a hash');
    const { recorder, faults, work } = recording(redis);
    await recorder.write();
    await recorder.stop();
    expect([faults, work.fault()]).toEqual([['wrong_type'], null]);
    expect((await read('4'))?.events).toBe(before + 1);
  });
});
