import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { mostRequests } from '#core/delivery/poison.ts';
import { scrape } from '#local/scrape.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { createTraffic, type Traffic } from '#test/support/traffic.ts';

jest.setTimeout(600_000);

const ATTEMPTS = 8;
const [SICK = ''] = PIXELS;
/** Enough for full batches of the sick pixel. */
const MESSAGES = 3000;
let fleet: Fleet;
let sent = 0;

beforeAll(async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sections: {
      worker: {
        port: 0,
        retry: { attempts: ATTEMPTS, baseMs: 100, capMs: 300 },
        breaker: { baseMs: 100, capMs: 500 },
      },
    },
  });
  await Promise.all([fleet.start('ingest'), fleet.start('worker')]);
});

afterAll(async () => {
  expect(await fleet.stop()).toEqual([0, 0]);
});

beforeEach(() => fleet.refresh());

async function send({ messages }: Traffic): Promise<void> {
  await fleet.send(messages);
  sent += messages.length;
}

/** The ids of the events of the sick pixel, in the order in which they are sent. */
function idsOfSick({ messages }: Traffic): string[] {
  return messages.flatMap(({ value }) => {
    const event = JSON.parse(value.toString()) as {
      messageId: string;
      context: { source: string };
    };
    return event.context.source === 'shop-eu' ? [event.messageId] : [];
  });
}

async function refusedRequests(): Promise<number> {
  const state = await (await fetch(`${fleet.sandbox.url}/_sandbox/state`)).json();
  const { pixels } = state as { pixels: Record<string, { requests: { refused: number } }> };
  return pixels[SICK]?.requests.refused ?? 0;
}

async function laneState(state: string): Promise<number> {
  const worker = fleet.processes.find(({ name }) => name.startsWith('worker'));
  return (await scrape([worker?.url ?? ''])).sum('capi_worker_lane_state', { pixel: SICK, state });
}

/** What must hold in the end: the offenders are dead by Meta's words, all else arrived once. */
async function offendersAlone(
  { good }: Traffic,
  offenders: readonly string[],
  error: { status: number; code: number; message: string },
): Promise<void> {
  await settled(fleet, sent);
  const dead: (string | null)[] = [];
  for await (const { reason, eventId, refusal, attempts } of fleet.deadLetters()) {
    // Those of another case.
    if (eventId !== null && !good.has(eventId)) continue;
    expect({ reason, attempts }).toEqual({ reason: 'out_of_retries', attempts: ATTEMPTS });
    expect(refusal).toMatchObject(error);
    dead.push(eventId);
  }
  expect(dead.sort()).toEqual([...offenders].sort());
  const accepted = await fleet.accepted();
  expect(new Set(accepted.keys())).toEqual(new Set([...good].filter((id) => !dead.includes(id))));
  expect([...accepted.values()].filter((count) => count > 1)).toEqual([]);
}

const CASES = [
  {
    name: 'one, code 1',
    places: (n: number) => [n >> 1],
    error: { status: 500, code: 1, message: 'An unknown error occurred' },
  },
  {
    name: 'three at both ends and in the middle, code 2',
    places: (n: number) => [0, n >> 1, n - 1],
    error: { status: 503, code: 2, message: 'Service temporarily unavailable' },
  },
  {
    name: 'ten at both ends, status 500 and an unknown code',
    places: (n: number) => [0, 1, 2, 3, 4, n - 5, n - 4, n - 3, n - 2, n - 1],
    error: { status: 500, code: 987_654, message: 'Oops' },
  },
  {
    name: 'three, refused with a code that says it is temporary and is not',
    places: (n: number) => [1, 2, n - 2],
    error: { status: 400, code: 100, subcode: 2_804_001, transient: true, message: 'Invalid' },
  },
];

test.each(CASES)('offenders that fail whenever they are sent die alone: $name', async (each) => {
  const { transient, ...error } = { transient: true, ...each.error };
  const traffic = createTraffic(each.name, MESSAGES);
  const ids = idsOfSick(traffic);
  const offenders = each.places(ids.length).map((place) => ids[place] ?? '');
  const behaviour = { pixel: SICK, kind: 'reject_event', eventId: offenders, named: false };
  await fleet.tell('behaviour', { ...behaviour, ...error, transient });
  await send(traffic);
  await offendersAlone(traffic, offenders, error);
  // Each in an envelope of its own at the most; five requests for each attempt that is left to it.
  const most = offenders.length * (mostRequests(1000, 1) + ATTEMPTS * 5);
  expect(await refusedRequests()).toBeLessThanOrEqual(most);
});

test('an outage that ends leaves no pixel halted, although those that probe it hold offenders', async () => {
  await fleet.tell('behaviour', { pixel: SICK, kind: 'status', status: 500 });
  const traffic = createTraffic('probing', 120);
  const ids = idsOfSick(traffic);
  const offenders = ids.filter((_, place) => place % 7 === 0);
  const error = { status: 500, code: 2, message: 'Service temporarily unavailable' };
  const behaviour = { pixel: SICK, kind: 'reject_event', eventId: offenders, named: false };
  await fleet.tell('behaviour', { ...behaviour, ...error, transient: true });
  const before = (await fleet.ledgers()).get(SICK)?.delivered ?? 0;
  await send(traffic);
  await eventually(async () => expect(await laneState('failing')).toBe(1), { everyMs: 100 });
  const refused = await refusedRequests();
  await eventually(async () => expect(await refusedRequests()).toBeGreaterThan(refused + 3), {
    everyMs: 100,
  });
  await fetch(`${fleet.sandbox.url}/_sandbox/behaviour?kind=status`, { method: 'DELETE' });
  await eventually(
    async () => {
      const { delivered = 0 } = (await fleet.ledgers()).get(SICK) ?? {};
      expect(delivered - before).toBe(ids.length - offenders.length);
    },
    { everyMs: 100 },
  );
});
