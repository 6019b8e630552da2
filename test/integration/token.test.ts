import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createKafka } from '#kafka/client.ts';
import { LogReader } from '#kafka/sample/log-reader.ts';
import type { RelayProcess } from '#local/relay-process.ts';
import { scrape } from '#local/scrape.ts';
import { readAllParked } from '#store/parking/ranges.ts';
import { NO_EVENTS } from '#store/status/ledger.ts';
import { commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS, SOURCES, TOKEN } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { createTraffic, type Traffic } from '#test/support/traffic.ts';

const MESSAGES = 900;
/** Events of a halted pixel that may wait in Redis. */
const SHARE = 100;
const PATIENCE = { everyMs: 100 };
const [SICK = ''] = PIXELS;
let fleet: Fleet;
let workers: RelayProcess[];
let ingest: RelayProcess;
/** The token that is configured, and that Meta takes no longer; and the one that replaces it. */
let token = TOKEN;
let newToken = TOKEN;
let sent = 0;

beforeAll(async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sections: {
      ingest: {
        port: 0,
        stopTimeoutMs: 120_000,
        backpressure: { pollMs: 50 },
        parking: { shareEvents: SHARE },
      },
      // An hour: whatever heals here was not waited for.
      worker: { port: 0, blocked: { probeMs: 3_600_000 } },
      receipts: { enabled: true },
    },
  });
  await writeFile(tokenFile(), token);
  await configure((pixel) => {
    delete pixel['accessToken'];
    pixel['accessTokenFile'] = tokenFile();
  });
  workers = await Promise.all([fleet.start('worker'), fleet.start('worker')]);
  ingest = await fleet.start('ingest');
});

afterAll(async () => {
  expect((await fleet.stop()).sort()).toEqual([0, 0, 0, 'SIGKILL', 'SIGKILL']);
});

function tokenFile(): string {
  return join(dirname(fleet.configuration), 'token');
}

async function configure(change: (pixel: Record<string, unknown>) => void): Promise<void> {
  const file = JSON.parse(await readFile(fleet.configuration, 'utf8'));
  change(file.pixels[0]);
  await writeFile(fleet.configuration, JSON.stringify(file));
}

async function states(state: string): Promise<number[]> {
  const pages = await Promise.all(workers.map(({ url }) => scrape([url])));
  return pages.map((page) => page.sum('capi_worker_lane_state', { pixel: SICK, state }));
}

test.each<[string, () => Promise<void>]>([
  [
    'a token file that is replaced',
    async () => {
      await writeFile(`${tokenFile()}.next`, newToken);
      await rename(`${tokenFile()}.next`, tokenFile());
    },
  ],
  [
    'SIGHUP, after the token was made valid again',
    async () => {
      newToken = token;
      await fleet.tell('tokens', { pixel: SICK, tokens: [token], expired: [] });
      for (const worker of workers) worker.kill('SIGHUP');
    },
  ],
  [
    'a new token in the configuration file',
    () =>
      configure((pixel) => {
        delete pixel['accessTokenFile'];
        pixel['accessToken'] = newToken;
      }),
  ],
])(
  'a dead token blocks its pixel in both workers; %s heals it without a restart',
  async (_name, heal) => {
    token = newToken;
    newToken = `token-after-${sent}`;
    await fleet.refresh();
    await fleet.tell('tokens', { pixel: SICK, tokens: [newToken], expired: [token] });
    const logged = workers.map((worker) => worker.log().length);
    const { messages, good } = createTraffic(`token after ${sent}`, MESSAGES);
    sent += MESSAGES;
    await fleet.send(messages);
    await eventually(async () => {
      const ledgers = await fleet.ledgers();
      for (const pixel of PIXELS.slice(1)) expect(ledgers.get(pixel)?.queued).toBe(0);
      expect(ledgers.get(SICK)?.queued).toBeGreaterThan(0);
      expect(await states('blocked')).toEqual([1, 1]);
    }, PATIENCE);
    const refused = (await (
      await fetch(`${fleet.sandbox.url}/_sandbox/refusals?pixel=${SICK}`)
    ).json()) as unknown[];
    expect(refused.length).toBeLessThan(20);
    const pids = workers.map(({ pid }) => pid);

    await heal();
    await settled(fleet, sent);
    expect(new Set((await fleet.accepted()).keys())).toEqual(good);
    for await (const facts of fleet.deadLetters()) expect(facts).toBeNull();
    // A worker that knows the old token a moment longer may block the lane behind its last event; then
    // the next event probes it.
    await eventually(async () => {
      if ((await states('active')).join() !== '1,1') {
        const more = createTraffic(`more after ${sent}`, 30);
        sent += more.messages.length;
        await fleet.send(more.messages);
        await settled(fleet, sent);
      }
      expect(await states('active')).toEqual([1, 1]);
    }, PATIENCE);
    expect(workers.map(({ pid, running }) => (running() ? pid : null))).toEqual(pids);
    for (const [index, worker] of workers.entries()) {
      const lines = worker
        .log()
        .slice(logged[index])
        .split('\n')
        .filter((line) => line.includes('"msg":"lane"'));
      const changes = lines.map((line) => JSON.parse(line) as { pixel: string; state: string });
      const ofSick = changes.filter(({ pixel }) => pixel === SICK).map(({ state }) => state);
      expect(ofSick[0]).toBe('blocked');
      expect(ofSick.at(-1)).toBe('active');
    }
  },
);

async function lanes(...args: string[]): Promise<{ readonly code: number; readonly text: string }> {
  const { code, out, err } = await commandHere('lanes', [...args, '--config', fleet.configuration]);
  return { code, text: out + err };
}

async function acceptedOfSick(): Promise<number> {
  const answer = await fetch(`${fleet.sandbox.url}/_sandbox/journal?pixel=${SICK}`);
  return (await answer.text()).split('\n').length - 1;
}

async function othersAreDone(): Promise<void> {
  await eventually(async () => {
    const ledgers = await fleet.ledgers();
    expect([...ledgers.values()].reduce((sum, { consumed }) => sum + consumed, 0)).toBe(sent);
    for (const pixel of PIXELS.slice(1)) expect(ledgers.get(pixel)?.queued).toBe(0);
    expect(ledgers.get(SICK)?.queued).toBeGreaterThan(0);
  }, PATIENCE);
}

test('a lane that a person pauses under load sends nothing through a kill and a reload, and once resumed all of it, once', async () => {
  await fleet.refresh();
  const { messages, good } = createTraffic('paused', 2 * MESSAGES);
  sent += messages.length;
  await fleet.send(messages.slice(0, MESSAGES));
  await eventually(async () => expect(await acceptedOfSick()).toBeGreaterThan(0), { everyMs: 20 });
  const paused = await lanes('pause', SICK, '--by', 'ana@ops', '--reason', 'wrong prices');
  expect(paused).toMatchObject({ code: 0, text: expect.stringContaining('is paused') });
  await eventually(async () => {
    expect(await states('paused')).toEqual([1, 1]);
    for (const { url } of workers) {
      const page = await scrape([url]);
      expect(page.sum('capi_worker_in_flight_requests', { pixel: SICK })).toBe(0);
    }
  }, PATIENCE);
  const before = await acceptedOfSick();
  await fleet.send(messages.slice(MESSAGES));
  await othersAreDone();
  workers[0]?.kill('SIGKILL');
  workers[0] = await fleet.start('worker');
  workers[1]?.kill('SIGHUP');
  await eventually(async () => expect(await states('paused')).toEqual([1, 1]), PATIENCE);
  const { text } = await lanes('list', '--pixel', SICK);
  expect(text).toMatch(/paused by ana@ops since .* UTC: wrong prices/);
  expect(await lanes('pause', SICK)).toMatchObject({ code: 5 });
  expect(await lanes('probe', SICK)).toMatchObject({ code: 5 });
  expect(await lanes('pause', '404')).toMatchObject({ code: 3 });
  expect(await acceptedOfSick()).toBe(before);
  expect(await lanes('resume', SICK)).toMatchObject({ code: 0 });
  await settled(fleet, sent);
  const accepted = await fleet.accepted();
  expect(new Set(accepted.keys())).toEqual(good);
  expect(new Set(accepted.values())).toEqual(new Set([1]));
});

/** Parked events of the sick pixel. */
async function parked(): Promise<number> {
  return (await fleet.ledgers()).get(SICK)?.parked ?? 0;
}

test('a pixel that is down passes its share many times: the others are delivered, and it gets each event once afterwards', async () => {
  const { good, messages, send } = await parkSome();
  ingest.kill('SIGKILL');
  await ingest.exited;
  // What was begun goes on, although another ingest reads now.
  ingest = await fleet.start('ingest');
  await eventually(() => {
    expect(ingest.log()).toContain('the share of a halted pixel is full');
  }, PATIENCE);
  const before = messages.length;
  await send(2 * MESSAGES);
  await othersAreDone();
  const ofSick = (each: (typeof messages)[number]) =>
    each.value.toString().includes('"source":"shop-eu"');
  const ledger = (await fleet.ledgers()).get(SICK) ?? NO_EVENTS;
  expect(ledger.parked).toBeGreaterThan(messages.slice(before).filter(ofSick).length);
  expect(ledger.parked + ledger.queued).toBe(messages.filter(ofSick).length);
  const last = messages.findLast(ofSick)?.value.toString() ?? '{}';
  const { messageId } = JSON.parse(last) as { messageId: string };
  const trace = await commandHere('trace', [messageId, '--config', fleet.configuration]);
  expect(trace.out).toMatch(/parked: its lane was halted[\s\S]*now: in Kafka; its lane is blocked/);
  const { text } = await lanes('list', '--pixel', SICK);
  expect(text).toMatch(/ events parked for .*; Kafka keeps the first for \d+ d/);

  await fleet.tell('tokens', { pixel: SICK, tokens: [newToken], expired: [] });
  for (const worker of workers) worker.kill('SIGHUP');
  await settled(fleet, sent);
  const accepted = await fleet.accepted();
  expect(new Set(accepted.keys())).toEqual(good);
  expect(new Set(accepted.values())).toEqual(new Set([1]));
});

test('a lane that is paused while it is blocked stays paused when its token is fixed', async () => {
  await fleet.refresh();
  await fleet.tell('tokens', { pixel: SICK, tokens: ['another'], expired: [newToken] });
  const { messages, good } = createTraffic('blocked and paused', MESSAGES);
  sent += messages.length;
  await fleet.send(messages);
  await othersAreDone();
  await eventually(async () => expect(await states('blocked')).toEqual([1, 1]), PATIENCE);
  expect(await lanes('pause', SICK)).toMatchObject({ code: 0 });
  await eventually(async () => expect(await states('paused')).toEqual([1, 1]), PATIENCE);
  await fleet.tell('tokens', { pixel: SICK, tokens: [newToken], expired: [] });
  const logged = workers.map((worker) => worker.log().length);
  for (const worker of workers) worker.kill('SIGHUP');
  await eventually(() => {
    for (const [index, worker] of workers.entries()) {
      expect(worker.log().slice(logged[index])).toContain('"msg":"configuration reloaded"');
    }
  }, PATIENCE);
  expect(await states('paused')).toEqual([1, 1]);
  expect(await acceptedOfSick()).toBe(0);
  expect(await lanes('resume', SICK)).toMatchObject({ code: 0 });
  await settled(fleet, sent);
  expect(new Set((await fleet.accepted()).keys())).toEqual(good);
});

const IN_THE_CLEAR = {
  brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
  clientId: 'test',
  ssl: false,
  sasl: null,
};

interface Part {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** The parked ranges of the sick pixel, the longest first. */
async function parkedParts(): Promise<Part[]> {
  const places = await readAllParked(fleet.store);
  const parts = places.map(({ partition, ranges }) => {
    const { from = 0, to = 0 } = ranges.get(SICK) ?? {};
    return { partition, from, to };
  });
  return parts.sort((a, b) => b.to - b.from - (a.to - a.from));
}

/** The first half of the longest of them. */
async function firstHalf(): Promise<Part> {
  const [longest] = await parkedParts();
  if (longest === undefined) throw new Error('nothing is parked');
  const { from, to } = longest;
  return { ...longest, to: from + Math.floor((to - from) / 2) };
}

interface SentEvent {
  readonly messageId: string;
  readonly event: string;
}

/** The events of the sick pixel in a part of the log. */
async function eventsIn({ partition, from, to }: Part): Promise<SentEvent[]> {
  const reader = new LogReader(IN_THE_CLEAR, 240_000);
  const events: SentEvent[] = [];
  try {
    await reader.connect([fleet.topic]);
    for (let at = from; at < to; ) {
      const records = (await reader.fetch(fleet.topic, new Map([[partition, at]]))).get(partition);
      for (const { offset, value } of records ?? []) {
        const isOwn = Number(offset) >= at && Number(offset) < to;
        const text = value?.toString() ?? '{}';
        const ofSick = text.includes('"source":"shop-eu"');
        if (isOwn && ofSick) events.push(JSON.parse(text) as SentEvent);
      }
      at = Number(records?.at(-1)?.offset ?? to) + 1;
    }
  } finally {
    await reader.close();
  }
  return events;
}

async function deleteUpTo({ partition, to }: Part): Promise<void> {
  const admin = createKafka(IN_THE_CLEAR).admin();
  await admin.connect();
  try {
    // kafkajs deletes only where it has asked before.
    await admin.fetchTopicOffsets(fleet.topic);
    const partitions = [{ partition, offset: String(to) }];
    await admin.deleteTopicRecords({ topic: fleet.topic, partitions });
  } finally {
    await admin.disconnect();
  }
}

/** Breaks the token of the sick pixel, and sends until events of it are parked; more can be sent. */
async function parkSome() {
  await fleet.refresh();
  await fleet.tell('tokens', { pixel: SICK, tokens: ['another'], expired: [newToken] });
  const good = new Set<string>();
  const messages: Traffic['messages'][number][] = [];
  const send = async (count: number): Promise<void> => {
    const traffic = createTraffic(`parked ${sent}`, count);
    for (const id of traffic.good) good.add(id);
    messages.push(...traffic.messages);
    sent += count;
    await fleet.send(traffic.messages);
  };
  await send(MESSAGES);
  // Ranges of the tests before may have to come to their end first.
  await eventually(async () => {
    await send(60);
    expect(await parked()).toBeGreaterThan(0);
  }, PATIENCE);
  return { good, messages, send };
}

/** Sends until much is parked; the ids of the events that must be delivered otherwise. */
async function parkMuch(): Promise<Set<string>> {
  const { good, send } = await parkSome();
  await send(MESSAGES);
  await othersAreDone();
  return good;
}

/** Makes the token valid again, and waits until the sick pixel has got what it should, once. */
async function heal(expected: ReadonlySet<string>): Promise<void> {
  await fleet.tell('tokens', { pixel: SICK, tokens: [newToken], expired: [] });
  for (const worker of workers) worker.kill('SIGHUP');
  await settled(fleet, sent);
  const accepted = await fleet.accepted();
  expect(new Set(accepted.keys())).toEqual(expected);
  expect(new Set(accepted.values())).toEqual(new Set([1]));
}

function without(good: ReadonlySet<string>, events: readonly SentEvent[]): ReadonlySet<string> {
  const left = new Set(events.map(({ messageId }) => messageId));
  return new Set([...good].filter((id) => !left.has(id)));
}

test('parked events that Kafka deletes are counted as lost and named, and the others are delivered once', async () => {
  const good = await parkMuch();
  const part = await firstHalf();
  const events = await eventsIn(part);
  expect(events.length).toBeGreaterThan(0);
  await deleteUpTo(part);
  await eventually(async () => {
    expect((await fleet.ledgers()).get(SICK)?.lost).toBeGreaterThan(0);
    const lines = ingest.log().split('\n');
    const line = lines.find((each) => each.includes('parked events are lost')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({ pixel: SICK, topic: fleet.topic, ...part });
    const page = await scrape([ingest.url]);
    expect(page.sum('capi_parked_lost_events_total', { pixel: SICK })).toBeGreaterThan(0);
  }, PATIENCE);

  await heal(without(good, events));
  // What was an estimate is exact by now.
  expect((await fleet.ledgers()).get(SICK)?.lost).toBe(events.length);
});

test('parked events that their pixel does not select any more are filtered and counted, and none is lost', async () => {
  const good = await parkMuch();
  const events = (await Promise.all((await parkedParts()).map(eventsIn))).flat();
  const lost = (await fleet.ledgers()).get(SICK)?.lost;
  const logged = ingest.log().length;
  const left = events.filter(({ event }) => event !== events[0]?.event);
  expect(left.length).toBeGreaterThan(0);
  await configure((pixel) => {
    pixel['events'] = { where: { 'context.source': SOURCES[0], event: events[0]?.event } };
  });
  await eventually(() => {
    expect(ingest.log().slice(logged)).toContain('"msg":"configuration reloaded"');
  }, PATIENCE);

  await heal(without(good, left));
  expect((await fleet.ledgers()).get(SICK)?.lost).toBe(lost);
  const deselected = { pixel: SICK, reason: 'deselected' };
  await eventually(async () => {
    const page = await scrape([ingest.url]);
    expect(page.sum('capi_ingest_filtered_total', deselected)).toBe(left.length);
    expect(ingest.log().slice(logged)).toContain('parked events are left out');
  }, PATIENCE);
});
