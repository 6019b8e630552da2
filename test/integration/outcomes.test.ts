import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { scrape } from '#local/scrape.ts';
import { commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS, TOKEN } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { createTraffic, type Traffic } from '#test/support/traffic.ts';

const MESSAGES = 900;
const PATIENCE = { everyMs: 100 };
/** The defaults of `worker.rejections.judged` and `worker.requestsPerPixel`. */
const [JUDGED, UNDER_WAY] = [20, 8];
const [SICK = ''] = PIXELS;
let fleet: Fleet;
/** How many messages the fleet got from all tests so far. */
let sent: number;
/** The dead letters of the tests before this one. */
let deadBefore: ReadonlySet<string>;

async function prepare(worker: Record<string, unknown> = {}): Promise<void> {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sections: {
      metrics: { detailedPixels: [SICK] },
      worker: {
        port: 0,
        retry: { attempts: 3, baseMs: 100, capMs: 200 },
        throttle: { defaultMs: 300 },
        blocked: { probeMs: 1000 },
        breaker: { failures: 2, baseMs: 100, capMs: 500 },
        ...worker,
      },
    },
  });
  await Promise.all([fleet.start('ingest'), fleet.start('worker')]);
  sent = 0;
}

async function stop(): Promise<void> {
  expect(await fleet.stop()).toEqual([0, 0]);
}

beforeEach(async () => {
  await fleet.refresh();
  deadBefore = new Set((await deadLetters()).map(({ id }) => id));
});

async function deliver({ messages, good }: Traffic): Promise<ReadonlySet<string>> {
  await fleet.send(messages);
  sent += messages.length;
  return good;
}

/** Waits until all that was ever sent is settled. */
function allSettled(): Promise<void> {
  return settled(fleet, sent);
}

/** Waits until nothing of the pixels that are well is under way. */
async function othersSettled(): Promise<void> {
  const ledgers = await fleet.ledgers();
  const consumed = [...ledgers.values()].reduce((sum, ledger) => sum + ledger.consumed, 0);
  expect(consumed).toBe(sent);
  for (const pixel of PIXELS.slice(1)) expect(ledgers.get(pixel)?.queued).toBe(0);
}

async function deadLetters(): Promise<DeadLetterFacts[]> {
  const found: DeadLetterFacts[] = [];
  for await (const facts of fleet.deadLetters()) found.push(facts);
  return found;
}

/** Why events died in this test, and how many for each reason. */
async function deadReasons(): Promise<Record<string, number>> {
  const reasons: Record<string, number> = {};
  for (const { id, reason } of await deadLetters()) {
    if (!deadBefore.has(id)) reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  return reasons;
}

async function requestsOfSick(): Promise<number> {
  const worker = fleet.processes.find(({ name }) => name.startsWith('worker'));
  return (await scrape([worker?.url ?? ''])).sum('capi_worker_requests_total', { pixel: SICK });
}

async function laneState(state: string): Promise<number> {
  const worker = fleet.processes.find(({ name }) => name.startsWith('worker'));
  return (await scrape([worker?.url ?? ''])).sum('capi_worker_lane_state', { pixel: SICK, state });
}

describe('what Meta answers decides what becomes of a batch', () => {
  beforeAll(() => prepare());
  afterAll(stop);

  test.each([
    [
      'errors now and then',
      { pixel: '*', kind: 'status', status: 503, probability: 0.5, times: 2 },
    ],
    ['a throttle', { pixel: SICK, kind: 'throttle', regainMinutes: 0, times: 2 }],
    ['a connection that is reset before it is read', { pixel: '*', kind: 'reset', times: 3 }],
  ])('%s: everything arrives once', async (_name, behaviour) => {
    await fleet.tell('behaviour', behaviour);
    const good = await deliver(createTraffic(JSON.stringify(behaviour), MESSAGES));
    await allSettled();
    const accepted = await fleet.accepted();
    expect(new Set(accepted.keys())).toEqual(good);
    expect([...accepted.values()].every((count) => count === 1)).toBe(true);
  });

  test.each(['always', 'never'])(
    'offenders die alone, the others arrive (index shown: %s)',
    async (shown) => {
      const traffic = createTraffic(`offenders-${shown}`, MESSAGES);
      const ofSick = traffic.messages
        .map(
          ({ value }) =>
            JSON.parse(value.toString()) as { messageId: string; context: { source: string } },
        )
        .filter(({ context }) => context.source === 'shop-eu')
        .map(({ messageId }) => messageId);
      const offenders = [3, 100, 101].map((index) => ofSick[index] ?? '');
      await fleet.tell('behaviour', [
        { pixel: '*', kind: 'index', shown },
        { pixel: SICK, kind: 'reject_event', eventId: offenders },
      ]);
      const good = await deliver(traffic);
      await allSettled();
      const accepted = await fleet.accepted();
      expect(new Set(accepted.keys())).toEqual(
        new Set([...good].filter((id) => !offenders.includes(id))),
      );
      expect(await deadReasons()).toEqual({ rejected_by_meta: 3 });
    },
  );

  test('tail shows the batches and answers of a pixel, and workers write nothing before it looks', async () => {
    const { redis, store } = fleet;
    expect(await redis.exists(store.keys.tail)).toBe(0);
    let ended = false;
    const args = ['--config', fleet.configuration, '--json', '--pixel', SICK, '--count', '20'];
    const tailed = commandHere('tail', args).finally(() => {
      ended = true;
    });
    const written = async () => JSON.stringify(await redis.xrevrange(store.keys.tail, '+', '-'));
    let stream = '';
    while (!ended) {
      await deliver(createTraffic(`tail-${sent}`, 60));
      await allSettled();
      stream += await written();
      // Never without an end: -1 would say so.
      expect(await redis.pttl(store.keys.tail)).not.toBe(-1);
    }
    stream += await written();
    const { code, out } = await tailed;
    expect(code).toBe(0);
    const lines: Record<string, unknown>[] = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(20);
    expect(new Set(lines.map(({ pixel }) => pixel))).toEqual(new Set([SICK]));
    expect(lines.find(({ kind }) => kind === 'batch')).toMatchObject({
      events: expect.any(Number),
    });
    expect(lines.find(({ kind }) => kind === 'answer')).toMatchObject({
      ...{ outcome: 'delivered', status: 200, code: null, traceId: expect.any(String) },
      ...{ oldest: expect.any(Number), newest: expect.any(Number) },
    });
    // The whole stream, with what other pixels did.
    expect(stream).toContain('delivered');
    expect(stream).not.toMatch(/@|fbp|fb\.1\.|event_id/);
  });

  test.each([
    ['list', 0],
    ['summary', 0],
    ['export', 3],
  ])('dead-letters %s of nothing ends with %i, as its help says', async (action, expected) => {
    const selection = ['--where', 'until:2020-01-01', '--config', fleet.configuration];
    const { code } = await commandHere('dead-letters', [action, ...selection]);
    expect(code).toBe(expected);
  });

  test.each([
    [['--pixel', '10000000000001'], '“10000000000001”, did you mean 100000000000001?'],
    [['--outcome', 'rejcted'], '“rejcted”, did you mean rejected?'],
    [['--outcome', 'xyz'], 'they are delivered, retry, throttled, blocked, rejected'],
  ])('tail %j says what was probably meant', async (args, words) => {
    const { code, err } = await commandHere('tail', ['--config', fleet.configuration, ...args]);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(words) });
  });

  test('a pixel that only fails is halted, keeps its events, and delivers them once it is well', async () => {
    await fleet.tell('behaviour', { pixel: SICK, kind: 'status', status: 500 });
    const before = await requestsOfSick();
    const good = await deliver(createTraffic('failing', MESSAGES));
    await eventually(async () => {
      await othersSettled();
      expect(await laneState('failing')).toBe(1);
      // More probes than an envelope has attempts.
      expect(await requestsOfSick()).toBeGreaterThan(before + 12);
    }, PATIENCE);
    await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
    await allSettled();
    expect(new Set((await fleet.accepted()).keys())).toEqual(good);
    expect(await deadReasons()).toEqual({});
    expect(await laneState('active')).toBe(1);
  });

  test('a pixel whose events are nearly all refused is blocked rather than buried', async () => {
    await fleet.tell('behaviour', {
      pixel: SICK,
      kind: 'reject_event',
      index: 0,
      code: 100,
      subcode: 2804019,
    });
    const before = await requestsOfSick();
    const good = await deliver(createTraffic('refused', MESSAGES));
    await eventually(async () => {
      await othersSettled();
      expect(await laneState('blocked')).toBe(1);
      expect(await requestsOfSick()).toBeGreaterThan(before + 60);
    }, PATIENCE);
    // What was judged before nearly everything had been refused, and what was under way by then.
    expect((await deadReasons())['rejected_by_meta'] ?? 0).toBeLessThan(JUDGED + UNDER_WAY);
    await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
    await allSettled();
    const { rejected_by_meta: refused = 0 } = await deadReasons();
    expect((await fleet.accepted()).size + refused).toBe(good.size);
    expect(await laneState('active')).toBe(1);
  });

  test('an expired token blocks its pixel, costs no attempt, and heals with the new one', async () => {
    await fleet.tell('tokens', { pixel: SICK, tokens: ['the-new-token'], expired: [TOKEN] });
    const good = await deliver(createTraffic('token', MESSAGES));
    await eventually(async () => {
      await othersSettled();
      expect((await fleet.ledgers()).get(SICK)?.queued).toBeGreaterThan(0);
      expect(await laneState('blocked')).toBe(1);
    }, PATIENCE);
    const file = JSON.parse(await readFile(fleet.configuration, 'utf8'));
    file.pixels[0].accessToken = 'the-new-token';
    await writeFile(fleet.configuration, JSON.stringify(file));
    await allSettled();
    expect(new Set((await fleet.accepted()).keys())).toEqual(good);
    expect(await deadReasons()).toEqual({});
    expect(await laneState('active')).toBe(1);
  });

  test('a stop while Meta is silent gives everything back', async () => {
    await fleet.tell('behaviour', { pixel: '*', kind: 'hang', when: 'before_judging' });
    const good = await deliver(createTraffic('silence', MESSAGES));
    await eventually(async () => {
      const ledgers = [...(await fleet.ledgers()).values()];
      expect(ledgers.reduce((sum, { queued }) => sum + queued, 0)).toBe(MESSAGES);
    }, PATIENCE);
    const worker = fleet.processes.find(({ name }) => name.startsWith('worker'));
    await worker?.stop();
    expect(await worker?.exited).toBe(0);
    await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
    fleet.processes.splice(fleet.processes.indexOf(worker as never), 1);
    await fleet.start('worker');
    await allSettled();
    expect(new Set((await fleet.accepted()).keys())).toEqual(good);
    expect(await deadReasons()).toEqual({});
  });
});

describe('where no number of failures halts a lane', () => {
  beforeAll(() => prepare({ breaker: { failures: 1000, requests: 1000, share: 1 } }));
  afterAll(stop);

  test('what fails while its lane runs dies after its last attempt', async () => {
    await fleet.tell('behaviour', { pixel: SICK, kind: 'status', status: 500 });
    const good = await deliver(createTraffic('failing', MESSAGES));
    await allSettled();
    const dead = await deadReasons();
    const accepted = await fleet.accepted();
    expect(Object.keys(dead)).toEqual(['out_of_retries']);
    expect(accepted.size + (dead['out_of_retries'] ?? 0)).toBe(good.size);
  });
});
