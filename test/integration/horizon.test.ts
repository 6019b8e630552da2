import { afterEach, expect, test } from '@jest/globals';
import { scrape } from '#local/scrape.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS, TOKEN } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { createTraffic } from '#test/support/traffic.ts';

const MESSAGES = 600;
const DAY_MS = 86_400_000;
/** How long the old events of the sick lanes may still be sent once they are made. */
const LEFT_MS = 9000;
/** And those of the healthy lane: a slow machine delivers them as well. */
const LONG_LEFT_MS = 600_000;
const PATIENCE = { everyMs: 100 };
const SICK = PIXELS.slice(0, 2);
const [BLOCKED = '', FAILING = ''] = SICK;
let fleet: Fleet;

afterEach(async () => {
  expect(new Set(await fleet.stop())).toEqual(new Set([0]));
});

/** Every third event happened nearly seven days ago. */
function agedTraffic() {
  const { messages } = createTraffic('horizon', MESSAGES);
  const weekAgo = Date.now() - 7 * DAY_MS;
  const old = new Map<string, string>();
  const aged = messages.map(({ key, value }, index) => {
    const event = JSON.parse(value.toString());
    if (index % 3 > 0) return { key, value };
    const { source } = event.context;
    old.set(event.messageId, source);
    const sick = fleet.sources.indexOf(source) < SICK.length;
    const timestamp = new Date(weekAgo + (sick ? LEFT_MS : LONG_LEFT_MS)).toISOString();
    return { key, value: Buffer.from(JSON.stringify({ ...event, timestamp })) };
  });
  return { messages: aged, old };
}

test('what becomes too old while it waits in a blocked or failing lane dies unsent and sinks no batch', async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sections: {
      worker: {
        port: 0,
        horizonMarginMs: 2000,
        blocked: { probeMs: 500 },
        // Its envelopes rest one by one, far beyond the horizon if nothing kept them from it.
        breaker: { failures: 1000, requests: 1000, share: 1 },
        retry: { attempts: 50, baseMs: 1000, capMs: 3_600_000 },
      },
    },
  });
  await fleet.tell('tokens', { pixel: BLOCKED, tokens: ['another'], expired: [TOKEN] });
  await fleet.tell('behaviour', { pixel: FAILING, kind: 'status', status: 500 });
  const services = ['worker', 'control', 'ingest'] as const;
  const [worker, control] = await Promise.all(services.map((each) => fleet.start(each)));
  const { messages, old } = agedTraffic();
  const lastMoment = Date.now() + LEFT_MS;
  await fleet.send(messages);
  await eventually(async () => {
    const page = await scrape([worker?.url ?? '', control?.url ?? '']);
    expect(page.sum('capi_worker_lane_state', { pixel: BLOCKED, state: 'blocked' })).toBe(1);
    expect(page.sum('capi_queue_envelopes', { pixel: FAILING, state: 'delayed' })).toBeGreaterThan(
      0,
    );
    expect(Date.now()).toBeGreaterThan(lastMoment);
  }, PATIENCE);
  await fleet.tell('tokens', { pixel: BLOCKED, tokens: [TOKEN], expired: [] });
  await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
  await settled(fleet, MESSAGES);

  const dead = new Map<string, string>();
  for await (const { eventId, reason, pixelId } of fleet.deadLetters()) {
    expect(reason).toBe('too_old');
    dead.set(eventId ?? '', pixelId ?? '');
  }
  const accepted = await fleet.accepted();
  expect(accepted.size + dead.size).toBe(MESSAGES);
  for (const id of dead.keys()) expect(old.has(id)).toBe(true);
  expect(new Set(dead.values())).toEqual(new Set([BLOCKED, FAILING]));
  for (const pixel of PIXELS) {
    const answer = await fetch(`${fleet.sandbox.url}/_sandbox/refusals?pixel=${pixel}`);
    const refusals = (await answer.json()) as { subcode: number | null }[];
    expect(refusals.filter(({ subcode }) => subcode === 2804003)).toEqual([]);
  }
});
