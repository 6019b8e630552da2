import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { createTraffic } from '#test/support/traffic.ts';

jest.setTimeout(600_000);

const MESSAGES = 300;
const LEAST_MS = 200;
const CAP_MS = 1600;
/** Batches that may have been under way when the first was throttled. */
const AT_FIRST = 4;
/** `until` goes through Redis in whole milliseconds. */
const ROUNDING_MS = 5;
const [SICK = ''] = PIXELS;
let fleet: Fleet;

beforeEach(async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sections: {
      worker: {
        port: 0,
        throttle: { leastMs: LEAST_MS },
        breaker: { capMs: CAP_MS },
      },
    },
  });
});

afterEach(async () => {
  expect(await fleet.stop()).toEqual([0, 0]);
});

/** When the requests of the sick pixel were refused, Unix ms. */
async function refusedAt(): Promise<number[]> {
  const answer = await fetch(`${fleet.sandbox.url}/_sandbox/refusals?pixel=${SICK}`);
  const refusals = (await answer.json()) as { at: number }[];
  return refusals.map(({ at }) => at);
}

test('a pixel that is told to wait no time is probed ever more seldom, and delivers all in the end', async () => {
  const throttle = { kind: 'throttle', regainMinutes: 0, retryAfterSeconds: 0 };
  await fleet.tell('behaviour', { pixel: SICK, ...throttle });
  const { messages, good } = createTraffic('throttled', MESSAGES);
  await Promise.all([fleet.start('ingest'), fleet.start('worker')]);
  await fleet.send(messages);
  await eventually(
    async () => expect((await refusedAt()).length).toBeGreaterThanOrEqual(AT_FIRST + 4),
    { everyMs: 100 },
  );
  const probes = (await refusedAt()).slice(0, AT_FIRST + 4).slice(-4);
  const gaps = probes.slice(1).map((at, index) => at - (probes[index] ?? 0));
  gaps.forEach((gap, index) => {
    expect(gap).toBeGreaterThanOrEqual(LEAST_MS * 2 ** (index + 1) - ROUNDING_MS);
  });
  await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
  await settled(fleet, MESSAGES);
  expect(new Set((await fleet.accepted()).keys())).toEqual(good);
});
